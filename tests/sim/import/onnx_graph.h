// ONNX models for tests, node by node through the protobuf API: what an exporter would write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace nibble {

using Dims = std::vector<std::int64_t>;

class OnnxGraph {
 public:
  explicit OnnxGraph(int opset = 13);

  void input(const std::string& name, const Dims& dims, int type = onnx::TensorProto::FLOAT);
  /// A dimension of -1 is called `symbol`, or has no name if that is empty.
  void symbolic_input(const std::string& name, const Dims& dims, const std::string& symbol);
  void output(const std::string& name);

  /// Initializers; returns the name. Weights are zeros.
  std::string weights(const std::string& name, const Dims& dims);
  std::string integers(const std::string& name, const Dims& values);
  std::string index(const std::string& name, std::int64_t value);  // no dimensions
  std::string scalar(const std::string& name, float value);

  /// Returns the output, which is called after the node.
  std::string node(const std::string& op, const std::string& name,
                   const std::vector<std::string>& inputs);
  // Attributes of the last node.
  OnnxGraph& with(const std::string& name, const Dims& ints);
  OnnxGraph& with(const std::string& name, std::int64_t value);
  OnnxGraph& with(const std::string& name, const std::string& text);
  /// Gives the last node another output; returns its name.
  std::string also(const std::string& name);

  [[nodiscard]] onnx::ModelProto& model() { return model_; }
  [[nodiscard]] std::string bytes() const;

 private:
  onnx::AttributeProto& attribute(const std::string& name,
                                  onnx::AttributeProto::AttributeType type);

  onnx::ModelProto model_;
  onnx::NodeProto* last_ = nullptr;
};

}  // namespace nibble
