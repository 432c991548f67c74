#include "models/training/initial_weights.h"

#include <algorithm>
#include <cmath>

#include "models/training/random_source.h"

namespace nibble {
namespace {

constexpr std::uint64_t kFirstWeightStream = 100;  // one stream a layer, apart from batches.cpp's

struct Initial {
  std::int64_t count = 0;
  double deviation = 0;
};

Initial initial_of(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::embedding:
    case LayerKind::position_embedding:
      return {layer.table_rows * layer.output_shape.c, 1.0};
    case LayerKind::lstm:  // the variance of PyTorch's uniform distribution
      return {4 * layer.filters * (layer.input_shape.c + layer.filters),
              std::sqrt(1.0 / static_cast<double>(3 * layer.filters))};
    case LayerKind::conv:
    case LayerKind::linear: {
      const ConvShape conv = conv_shape(layer, 1);
      const double gain = layer.kind == LayerKind::linear ? 1.0 : 2.0;
      const std::int64_t fan_in = conv.r * conv.s * (conv.c / conv.groups);
      return {conv.k * fan_in, std::sqrt(gain / static_cast<double>(fan_in))};
    }
    default:
      return {};
  }
}

}  // namespace

std::vector<float> initial_weights(const Layer& layer, std::size_t index, std::uint64_t seed) {
  const Initial initial = initial_of(layer);
  std::vector<float> weights(static_cast<std::size_t>(initial.count));
  RandomSource random(seed, kFirstWeightStream + index);
  for (float& weight : weights) weight = static_cast<float>(initial.deviation * random.normal());
  return weights;
}

std::vector<float> initial_lstm_bias(const Layer& layer) {
  const auto hidden = static_cast<std::size_t>(layer.filters);
  std::vector<float> bias(4 * hidden, 0.0F);
  std::fill_n(bias.begin() + layer.filters, hidden, 1.0F);
  return bias;
}

}  // namespace nibble
