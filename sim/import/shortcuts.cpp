#include "sim/import/shortcuts.h"

namespace nibble {
namespace {

/// Walks back over layers with one input; how many GEMMs lie between `from` and `start`, -1 if it
/// is not reached or only through `conv`.
int products_since(const Network& network, int from, int start, int conv) {
  int products = 0;
  while (from >= 0 && from != start) {
    if (from == conv) return -1;
    const Layer& layer = network.layers[static_cast<std::size_t>(from)];
    if (layer.inputs.size() != 1) return -1;
    products += multiplies(layer) ? 1 : 0;
    from = layer.inputs.front();
  }
  return from == start ? products : -1;
}

/// The convolution that a branch consists of, but for its norm; -1 if it is another branch.
int lone_convolution(const Network& network, int end) {
  while (end >= 0) {
    const Layer& layer = network.layers[static_cast<std::size_t>(end)];
    if (layer.kind == LayerKind::conv) return layer.kernel == 1 ? end : -1;
    if (layer.kind != LayerKind::batch_norm) return -1;
    end = layer.inputs.front();
  }
  return -1;
}

}  // namespace

void mark_shortcuts(Network& network) {
  for (const Layer& sum : network.layers) {
    if (sum.kind != LayerKind::add) continue;
    for (const std::size_t side : {0U, 1U}) {
      const int conv = lone_convolution(network, sum.inputs[side]);
      if (conv < 0) continue;
      Layer& candidate = network.layers[static_cast<std::size_t>(conv)];
      const int products =
          products_since(network, sum.inputs[1 - side], candidate.inputs.front(), conv);
      candidate.shortcut = candidate.shortcut || products >= 2;
    }
  }
}

}  // namespace nibble
