#include "sim/workload/layer_graph.h"

#include "sim/workload/gemm_precision.h"

namespace nibble {

LayerGraph::LayerGraph(const Network& network, ChipPrecision chip)
    : network_(network),
      chip_(chip),
      inputs_(network.layers.size()),
      readers_(network.layers.size()) {
  for (int index = 0; index < size(); ++index) {
    std::vector<int>& inputs = inputs_[static_cast<std::size_t>(index)];
    for (const int input : layer(index).inputs) {
      inputs.push_back(input < 0 ? input : behind_reshapes_[static_cast<std::size_t>(input)]);
    }
    const bool reshape = layer(index).kind == LayerKind::reshape;
    behind_reshapes_.push_back(reshape ? inputs.front() : index);
    if (reshape) continue;
    for (const int input : inputs) {
      if (input >= 0) readers_[static_cast<std::size_t>(input)].push_back(index);
    }
  }
}

TilePrecision LayerGraph::precision(int index, GemmPass pass) const {
  return gemm_precision(layer(index).precision, pass, chip_);
}

bool LayerGraph::read_as(int index, TilePrecision wanted) const {
  const bool leaves = index == last() || readers(index).empty();
  if (leaves && wanted == TilePrecision::fp16) return true;
  for (const int reader : readers(index)) {
    const bool gemm = multiplies(layer(reader));
    if (wanted == (gemm ? precision(reader, GemmPass::forward) : TilePrecision::fp16)) return true;
  }
  return false;
}

std::optional<int> LayerGraph::owner(int index) const {
  if (!layer(index).tied) return std::nullopt;
  for (int earlier = index - 1; earlier >= 0; --earlier) {
    const LayerKind kind = layer(earlier).kind;
    const bool has_weights =
        kind == LayerKind::conv || kind == LayerKind::linear || kind == LayerKind::embedding;
    if (!has_weights || layer(earlier).tied) continue;
    if (weight_elements(layer(earlier)) == weight_elements(layer(index))) return earlier;
  }
  return std::nullopt;
}

std::vector<int> LayerGraph::tied_to(int index) const {
  std::vector<int> tied;
  for (int later = index + 1; later < size(); ++later) {
    if (owner(later) == index) tied.push_back(later);
  }
  return tied;
}

std::int64_t weight_elements(const Layer& layer) {
  if (layer.kind == LayerKind::embedding) return layer.table_rows * layer.filters;
  const ConvShape conv = conv_shape(layer, 1);
  return conv.k * conv.r * conv.s * (conv.c / conv.groups);
}

}  // namespace nibble
