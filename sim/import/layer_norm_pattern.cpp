#include "sim/import/layer_norm_pattern.h"

#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

bool averages_last_axis(const onnx::NodeProto& node, const ShapeTable& shapes) {
  if (node.op_type() != "ReduceMean" || node.input_size() < 1) return false;
  const TensorFacts& input = shapes.facts(node.input(0));
  const std::vector<std::int64_t> axes = ints_attribute(node, "axes");
  return input.dims && axes.size() == 1 && !input.dims->empty() &&
         axis_from_front(axes.front(), input.dims->size()) ==
             static_cast<std::int64_t>(input.dims->size()) - 1;
}

bool reads_twice(const onnx::NodeProto& node, const std::string& tensor) {
  return node.input_size() == 2 && node.input(0) == tensor && node.input(1) == tensor;
}

}  // namespace

LayerNormPatterns::LayerNormPatterns(const onnx::GraphProto& graph, const ShapeTable& shapes) {
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& input : node.input()) readers_[input].push_back(&node);
  }
  // A graph output in the middle of a pattern has a reader more.
  for (const onnx::ValueInfoProto& output : graph.output()) {
    readers_[output.name()].push_back(nullptr);
  }
  for (const onnx::NodeProto& node : graph.node()) {
    if (averages_last_axis(node, shapes)) match(&node, shapes);
  }
}

LayerNormPatterns::Node LayerNormPatterns::only_reader(Node node, const char* op) const {
  const auto found = readers_.find(node->output(0));
  if (found == readers_.end() || found->second.size() != 1) return nullptr;
  Node reader = found->second.front();
  return reader != nullptr && reader->op_type() == op ? reader : nullptr;
}

/// `node` followed by its scale or shift, if it has one.
LayerNormPatterns::Node LayerNormPatterns::affine(Node node, const char* op,
                                                  const ShapeTable& shapes) const {
  Node next = only_reader(node, op);
  if (next == nullptr || next->input_size() != 2) return nullptr;
  const bool first = next->input(0) == node->output(0);
  return shapes.facts(next->input(first ? 1 : 0)).constant ? next : nullptr;
}

void LayerNormPatterns::match(Node mean, const ShapeTable& shapes) {
  const std::string& x = mean->input(0);
  Node centred = only_reader(mean, "Sub");
  if (centred == nullptr || centred->input(0) != x || centred->input(1) != mean->output(0)) return;
  Node squared = nullptr, normal = nullptr;
  for (Node reader : readers_[centred->output(0)]) {
    if (reader == nullptr) return;
    const bool square = reader->op_type() == "Pow" ||
                        (reader->op_type() == "Mul" && reads_twice(*reader, centred->output(0)));
    if (square) squared = reader;
    if (reader->op_type() == "Div") normal = reader;
    if (!square && reader != normal) return;
  }
  if (squared == nullptr || normal == nullptr) return;
  Node variance = only_reader(squared, "ReduceMean");
  if (variance == nullptr || !averages_last_axis(*variance, shapes)) return;
  Node safe = affine(variance, "Add", shapes);
  Node root = safe == nullptr ? nullptr : only_reader(safe, "Sqrt");
  const bool divides = root != nullptr && only_reader(root, "Div") == normal &&
                       normal->input(0) == centred->output(0);
  if (!divides) return;

  std::vector<Node> nodes = {mean, centred, squared, variance, safe, root, normal};
  if (Node scale = affine(normal, "Mul", shapes); scale != nullptr) {
    nodes.push_back(scale);
    if (Node shift = affine(scale, "Add", shapes); shift != nullptr) nodes.push_back(shift);
  }
  inputs_[nodes.back()] = x;
  inside_.insert(nodes.begin(), nodes.end() - 1);
}

std::optional<onnx::NodeProto> LayerNormPatterns::ending_at(const onnx::NodeProto& node) const {
  const auto found = inputs_.find(&node);
  if (found == inputs_.end()) return std::nullopt;
  onnx::NodeProto whole;
  whole.set_op_type("LayerNormalization");
  whole.set_name(node.name().substr(0, node.name().find_last_of('/') + 1) + whole.op_type());
  whole.add_input(found->second);
  whole.add_output(node.output(0));
  return whole;
}

}  // namespace nibble
