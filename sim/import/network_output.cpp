#include "sim/import/network_output.h"

namespace nibble {

void set_classes(Network& network, DistinctNames& names) {
  const Layer& last = network.layers.back();
  const FeatureShape& out = last.output_shape;
  network.classes = out.c;
  if (out.c > 1) return;
  const bool single = out.elements() == 1;
  network.classes = single ? 2 : out.elements();
  Layer layer;
  layer.name = names.take(last.name + ".out");
  layer.kind = single ? LayerKind::traffic : LayerKind::reshape;
  layer.inputs = {static_cast<int>(network.layers.size()) - 1};
  layer.input_shape = out;
  layer.output_shape = {1, 1, network.classes};
  network.layers.push_back(layer);
}

}  // namespace nibble
