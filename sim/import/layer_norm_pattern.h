// Layer norms that were exported as their arithmetic, before opset 17 had a node for them.
// Internal to sim/import.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <onnx/onnx_pb.h>

#include "sim/import/shape_table.h"

namespace nibble {

/// Finds  m = ReduceMean(x), d = x - m, v = ReduceMean(d^2), d / Sqrt(v + eps) [* scale [+ shift]],
/// means over the last axis.
class LayerNormPatterns {
 public:
  LayerNormPatterns(const onnx::GraphProto& graph, const ShapeTable& shapes);

  /// Whether a node's work is done by a layer norm that ends behind it.
  [[nodiscard]] bool inside(const onnx::NodeProto& node) const { return inside_.count(&node) != 0; }
  /// A LayerNormalization in the place of the last node of a pattern, nothing for other nodes.
  [[nodiscard]] std::optional<onnx::NodeProto> ending_at(const onnx::NodeProto& node) const;

 private:
  using Node = const onnx::NodeProto*;
  void match(Node mean, const ShapeTable& shapes);
  /// The only reader of a node's first output, if it is of this kind.
  [[nodiscard]] Node only_reader(Node node, const char* op) const;
  [[nodiscard]] Node affine(Node node, const char* op, const ShapeTable& shapes) const;

  std::unordered_map<std::string, std::vector<Node>> readers_;
  std::unordered_set<Node> inside_;
  std::unordered_map<Node, std::string> inputs_;  // of the pattern that ends at a node
};

}  // namespace nibble
