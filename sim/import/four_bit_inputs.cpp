#include "sim/import/four_bit_inputs.h"

#include <algorithm>
#include <utility>

#include "sim/config/network_precision.h"
#include "sim/import/distinct_names.h"

namespace nibble {
namespace {

bool reads_codes(const Layer& layer) {
  return multiplies(layer) && forward_is_int4(layer.precision);
}

bool is_pact(const Layer& layer) {
  return layer.kind == LayerKind::pact || layer.kind == LayerKind::pact_signed;
}

/// Which layers never yield a negative value.
std::vector<bool> never_negative(const Network& network) {
  std::vector<bool> result;
  for (const Layer& layer : network.layers) {
    switch (layer.kind) {
      case LayerKind::relu:
      case LayerKind::pact:
      case LayerKind::softmax:
        result.push_back(true);
        break;
      case LayerKind::max_pool:
      case LayerKind::avg_pool:
      case LayerKind::global_avg_pool:
      case LayerKind::concat:
      case LayerKind::add:
      case LayerKind::multiply:
      case LayerKind::reshape:
      case LayerKind::select_token:
        result.push_back(std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](int input) {
          return input >= 0 && result[static_cast<std::size_t>(input)];
        }));
        break;
      default:
        result.push_back(false);
    }
  }
  return result;
}

Layer make_pact(const Network& network, int input, bool positive, DistinctNames& names) {
  const Layer& producer = network.layers[static_cast<std::size_t>(input)];
  Layer pact;
  pact.name = names.take(producer.name + ".act");
  pact.kind = positive ? LayerKind::pact : LayerKind::pact_signed;
  pact.inputs = {input};
  pact.input_shape = pact.output_shape = producer.output_shape;
  return pact;
}

}  // namespace

void choose_precisions(Network& network, LayerPrecision precision) {
  std::vector<Layer*> layers;
  for (Layer& layer : network.layers) {
    if (multiplies(layer)) layers.push_back(&layer);
  }
  for (Layer* layer : layers) {
    const bool high = layer == layers.front() || layer == layers.back() || is_depthwise(*layer);
    layer->precision = high ? LayerPrecision::fp16 : precision;
  }
}

void insert_four_bit_inputs(Network& network) {
  const std::vector<bool> positive = never_negative(network);
  std::vector<bool> wanted(network.layers.size(), false);  // as codes
  DistinctNames names;
  for (const Layer& layer : network.layers) {
    names.take(layer.name);
    if (!reads_codes(layer)) continue;
    for (const int input : layer.inputs) {
      if (input >= 0) wanted[static_cast<std::size_t>(input)] = true;
    }
  }

  Network result = std::move(network);
  const std::vector<Layer> layers = std::exchange(result.layers, {});
  std::vector<int> place(layers.size()), codes(layers.size());  // the layer's, and its pact's
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Layer layer = layers[i];
    for (int& input : layer.inputs) {
      if (input < 0) continue;
      const auto producer = static_cast<std::size_t>(input);
      input = reads_codes(layer) ? codes[producer] : place[producer];
    }
    if (wanted[i] && layer.kind == LayerKind::relu) layer.kind = LayerKind::pact;
    const bool needs_pact = wanted[i] && !is_pact(layer);
    place[i] = codes[i] = static_cast<int>(result.layers.size());
    result.layers.push_back(std::move(layer));
    if (!needs_pact) continue;
    Layer pact = make_pact(result, place[i], positive[i], names);
    codes[i] = static_cast<int>(result.layers.size());
    result.layers.push_back(std::move(pact));
  }
  network = std::move(result);
}

}  // namespace nibble
