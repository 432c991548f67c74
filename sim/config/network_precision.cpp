#include "sim/config/network_precision.h"

#include <functional>

#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

const YamlMap::Names<LayerPrecision>& precision_names() {
  static const YamlMap::Names<LayerPrecision> names = {
      {"int4_fp4", LayerPrecision::int4_fp4},
      {"fp16", LayerPrecision::fp16},
      {"fp8", LayerPrecision::fp8},
      {"int4_fp8", LayerPrecision::int4_fp8},
      {"int4_fp16", LayerPrecision::int4_fp16},
      {"int4_fp4_dw_fp8", LayerPrecision::int4_fp4_dw_fp8}};
  return names;
}

/// `key: PRECISION` for all layers that match; the key may be absent.
void apply_rule(const YamlMap& policy, const std::string& key, const std::vector<Layer*>& layers,
                const std::function<bool(const Layer&)>& matches) {
  if (!policy.has(key)) return;
  const auto precision = policy.one_of<LayerPrecision>(key, precision_names());
  bool any = false;
  for (Layer* layer : layers) {
    if (!matches(*layer)) continue;
    layer->precision = precision;
    any = true;
  }
  if (!any) throw policy.error(key, "names no layer of this network", "allowed is to leave it out");
}

}  // namespace

void apply_precision(const YamlMap& policy, Network& network) {
  std::vector<Layer*> layers;
  std::vector<std::string> names;
  for (Layer& layer : network.layers) {
    if (!multiplies(layer)) continue;
    layers.push_back(&layer);
    names.push_back(layer.name);
  }
  const auto otherwise = policy.one_of<LayerPrecision>("default", precision_names());
  for (Layer* layer : layers) layer->precision = otherwise;

  apply_rule(policy, "conv1x1", layers,
             [](const Layer& layer) { return layer.kind == LayerKind::conv && layer.kernel == 1; });
  apply_rule(policy, "shortcut", layers, [](const Layer& layer) { return layer.shortcut; });
  apply_rule(policy, "first", layers, [&](const Layer& layer) { return &layer == layers.front(); });
  apply_rule(policy, "last", layers, [&](const Layer& layer) { return &layer == layers.back(); });

  const std::optional<YamlMap> by_name = policy.optional_map("layers");
  if (!by_name) return;
  for (const std::string& name : by_name->keys()) {
    bool found = false;
    for (Layer* layer : layers) {
      if (layer->name != name) continue;
      layer->precision = by_name->one_of<LayerPrecision>(name, precision_names());
      found = true;
    }
    if (!found) {
      throw by_name->error(name, unknown_fault("conv or linear layer", name, names),
                           allowed_words(names));
    }
  }
}

}  // namespace nibble
