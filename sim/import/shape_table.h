// Shapes, constants and small constants' values of every tensor of an ONNX graph, node by node in
// the file's order: libonnx infers shapes, constant_folding the values that its shape functions and
// the converters need. Internal to sim/import.
//
// One node at a time instead of onnx::shape_inference::InferShapes for the whole graph: so that
// constants are folded in between, and a fault names its node. libonnx trusts attributes (a stride
// of 0 divides by zero), so they are checked before.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <onnx/onnx_pb.h>

#include "sim/import/onnx_model.h"
#include "sim/import/tensor_facts.h"

namespace nibble {

class ShapeTable {
 public:
  /// Knows the graph's inputs and initializers. All inputs but the first are taken for constants.
  explicit ShapeTable(OnnxModel& model);

  /// Adds the outputs of the next node. Throws BadInput if it reads an unknown tensor or libonnx
  /// finds it wrong.
  void add(onnx::NodeProto& node);

  [[nodiscard]] const TensorFacts& facts(const std::string& tensor) const;
  /// Throws BadInput if the shape could not be inferred or has a size of 0.
  [[nodiscard]] const std::vector<std::int64_t>& dims(const std::string& tensor) const;
  /// A null pointer for an input that is left out.
  [[nodiscard]] std::vector<const TensorFacts*> inputs(const onnx::NodeProto& node) const;

 private:
  void add_initializer(const onnx::TensorProto& tensor);
  void infer(onnx::NodeProto& node);
  void put(const std::string& tensor, TensorFacts facts);
  [[nodiscard]] BadInput fault(const onnx::NodeProto& node, const std::string& what) const;

  OnnxModel& model_;
  std::unordered_map<std::string, TensorFacts> facts_;
  std::unordered_map<std::string, const onnx::ValueInfoProto*> declared_;
  // what libonnx's shape functions read
  std::unordered_map<std::string, onnx::TypeProto> types_;
  std::unordered_map<std::string, onnx::TypeProto*> type_pointers_;
  std::unordered_map<std::string, onnx::TensorProto> data_;
  std::unordered_map<std::string, const onnx::TensorProto*> data_pointers_;
};

}  // namespace nibble
