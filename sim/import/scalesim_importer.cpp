#include "sim/import/scalesim_importer.h"

#include <fmt/format.h>

#include "models/layers/layer_names.h"
#include "sim/import/distinct_names.h"
#include "sim/import/foreign_file.h"
#include "sim/import/four_bit_inputs.h"
#include "sim/import/network_output.h"
#include "sim/import/scalesim_topology.h"

namespace nibble {
namespace {

bool same(const FeatureShape& a, const FeatureShape& b) {
  return a.h == b.h && a.w == b.w && a.c == b.c;
}

Layer input_layer(const Network& network, const FeatureShape& have, const TopologyLayer& wanted,
                  DistinctNames& names) {
  Layer layer;
  layer.name = names.take(wanted.name + ".in");
  layer.kind = have.elements() == wanted.input.elements() ? LayerKind::reshape : LayerKind::traffic;
  layer.inputs = {static_cast<int>(network.layers.size()) - 1};
  layer.output_shape = wanted.input;
  return layer;
}

std::string inserted_note(const std::string& file, const FeatureShape& have,
                          const Layer& inserted) {
  const FeatureShape& wanted = inserted.output_shape;
  return fmt::format("{}: {} inserted ({}): {}x{}x{} come from the row before, {}x{}x{} are read",
                     file, inserted.name, layer_kind_name(inserted.kind), have.h, have.w, have.c,
                     wanted.h, wanted.w, wanted.c);
}

Layer multiplying_layer(const TopologyLayer& from, int input, DistinctNames& names) {
  Layer layer;
  layer.name = names.take(from.name);
  layer.kind = from.gemm ? LayerKind::linear : LayerKind::conv;
  layer.inputs = {input};
  layer.filters = from.filters;
  layer.kernel = from.kernel;
  layer.stride = from.stride;
  layer.groups = from.groups;
  layer.flatten = false;
  return layer;
}

}  // namespace

ImportedNetwork import_scalesim_text(const std::string& text, const std::string& file,
                                     const ScalesimOptions& options) {
  const std::vector<TopologyLayer> rows = parse_topology(text, file, options.round_up);
  ImportedNetwork imported;
  imported.source = file;
  Network& network = imported.network;
  network.name = network_name(options.name, file);
  network.input = rows.front().input;
  DistinctNames names;
  for (const TopologyLayer& row : rows) {
    const FeatureShape have =
        network.layers.empty() ? network.input : network.layers.back().output_shape;
    if (!same(have, row.input)) {
      network.layers.push_back(input_layer(network, have, row, names));
      imported.notes.push_back(inserted_note(file, have, network.layers.back()));
    }
    const int input = static_cast<int>(network.layers.size()) - 1;
    network.layers.push_back(multiplying_layer(row, input, names));
    Layer& layer = network.layers.back();
    layer.input_shape = row.input;
    layer.output_shape = {(row.input.h - row.kernel) / row.stride + 1,
                          (row.input.w - row.kernel) / row.stride + 1, row.filters};
  }
  set_classes(network, names);
  choose_precisions(network, options.precision);
  insert_four_bit_inputs(network);
  infer_shapes(network);
  return imported;
}

ImportedNetwork import_scalesim(const std::string& path, const ScalesimOptions& options) {
  return import_scalesim_text(read_foreign_file(path, "a SCALE-Sim topology"), path, options);
}

}  // namespace nibble
