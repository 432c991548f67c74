#include "sim/import/onnx_importer.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/import/converters.h"
#include "sim/import/distinct_names.h"
#include "sim/import/foreign_file.h"
#include "sim/import/four_bit_inputs.h"
#include "sim/import/layer_norm_pattern.h"
#include "sim/import/network_output.h"
#include "sim/import/onnx_model.h"
#include "sim/import/shortcuts.h"

namespace nibble {
namespace {

/// Nodes whose result is the same for every sample, or a mask: no layer.
bool is_constant(const LayerBuilder& builder, const onnx::NodeProto& node) {
  const bool reads_none =
      std::none_of(node.input().begin(), node.input().end(),
                   [&](const std::string& input) { return builder.is_activation(input); });
  if (reads_none) return !is_side_embedding(builder, node);
  return node.op_type() == "Shape" || node.op_type() == "Size" || node.output_size() == 0 ||
         builder.facts(node.output(0)).type == onnx::TensorProto::BOOL;
}

void convert(LayerBuilder& builder, const onnx::NodeProto& node) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  const Converter converter = standard ? find_converter(node.op_type()) : nullptr;
  try {
    if (converter == nullptr) throw Unsupported{"an operator without a layer"};
    converter(builder, node);
  } catch (const Unsupported& unsupported) {
    builder.keep_as_traffic(node, unsupported.reason);
  }
}

ImportedNetwork build(const OnnxModel& model, const ShapeTable& shapes,
                      const LayerNormPatterns& norms, std::size_t batch_axis) {
  const onnx::GraphProto& graph = model.proto.graph();
  LayerBuilder builder(model, shapes, batch_axis);
  for (const onnx::NodeProto& node : graph.node()) {
    if (norms.inside(node)) continue;
    const auto norm = norms.ending_at(node);
    const onnx::NodeProto& converted = norm ? *norm : node;
    if (!is_constant(builder, converted)) convert(builder, converted);
  }
  if (graph.output_size() == 0) throw model.error("has no output", "allowed is a network");
  ImportedNetwork imported;
  imported.source = model.file;
  imported.network = builder.finished(graph.output(0).name());
  const auto inputs = real_inputs(graph);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    imported.notes.push_back(fmt::format("{}: input {}: taken for a constant, the network reads {}",
                                         model.file, inputs[i]->name(), inputs[0]->name()));
  }
  for (int i = 1; i < graph.output_size(); ++i) {
    imported.notes.push_back(fmt::format("{}: output {}: left out, the network yields {}",
                                         model.file, graph.output(i).name(),
                                         graph.output(0).name()));
  }
  const std::vector<std::string>& notes = builder.notes();
  imported.notes.insert(imported.notes.end(), notes.begin(), notes.end());
  return imported;
}

ImportedNetwork build_with_right_batch(const OnnxModel& model, const ShapeTable& shapes,
                                       const LayerNormPatterns& norms) {
  try {
    return build(model, shapes, norms, 0);
  } catch (const WrongBatchAxis&) {
    return build(model, shapes, norms, 1);  // a sequence with the batch second: [T,N,C]
  }
}

}  // namespace

ImportedNetwork import_onnx_bytes(const std::string& bytes, const std::string& file,
                                  const OnnxOptions& options) {
  OnnxModel model = parse_onnx_model(bytes, file, options.dims);
  ShapeTable shapes(model);
  for (onnx::NodeProto& node : *model.proto.mutable_graph()->mutable_node()) shapes.add(node);
  const LayerNormPatterns norms(model.proto.graph(), shapes);
  ImportedNetwork imported = build_with_right_batch(model, shapes, norms);

  Network& network = imported.network;
  network.name = network_name(options.name, file);
  DistinctNames names;
  for (const Layer& layer : network.layers) names.take(layer.name);
  set_classes(network, names);
  mark_shortcuts(network);
  choose_precisions(network, options.precision);
  insert_four_bit_inputs(network);
  infer_shapes(network);
  return imported;
}

ImportedNetwork import_onnx(const std::string& path, const OnnxOptions& options) {
  return import_onnx_bytes(read_foreign_file(path, "an ONNX model"), path, options);
}

}  // namespace nibble
