#include "sim/config/network_precision.h"

#include <algorithm>
#include <stdexcept>

#include "models/layers/layer_names.h"
#include "sim/config/name_pattern.h"
#include "sim/config/nearest_word.h"

namespace nibble {

bool is_depthwise(const Layer& layer) {
  return layer.kind == LayerKind::conv && layer.groups > 1 && layer.groups == layer.input_shape.c;
}
namespace {

using Layers = std::vector<Layer*>;  // of a network, those that multiply

struct Rule {
  const char* key;
  bool (*matches)(const Layer& layer, const Layers& all);
};

/// From wide to narrow: a later rule wins.
constexpr Rule kRules[] = {
    {"conv1x1", [](const Layer& layer,
                   const Layers&) { return layer.kind == LayerKind::conv && layer.kernel == 1; }},
    {"depthwise", [](const Layer& layer, const Layers&) { return is_depthwise(layer); }},
    {"attention",
     [](const Layer& layer, const Layers&) { return layer.kind == LayerKind::matmul; }},
    {"lstm", [](const Layer& layer, const Layers&) { return layer.kind == LayerKind::lstm; }},
    {"shortcut", [](const Layer& layer, const Layers&) { return layer.shortcut; }},
    {"last_conv",
     [](const Layer& layer, const Layers& all) {
       const auto is_conv = [](const Layer* each) {
         return each->kind == LayerKind::conv && !each->shortcut;
       };
       const auto last = std::find_if(all.rbegin(), all.rend(), is_conv);
       return last != all.rend() && *last == &layer;
     }},
    {"first", [](const Layer& layer, const Layers& all) { return &layer == all.front(); }},
    {"last", [](const Layer& layer, const Layers& all) { return &layer == all.back(); }},
};

/// Sets the layers that match; false if there is none.
template <typename Matches>
bool set_where(const Layers& layers, LayerPrecision precision, Matches matches) {
  bool any = false;
  for (Layer* layer : layers) {
    if (!matches(*layer)) continue;
    layer->precision = precision;
    any = true;
  }
  return any;
}

BadInput names_none(const YamlMap& map, const std::string& key) {
  return map.error(key, "names no layer of this network", "allowed is to leave it out");
}

BadInput unknown_name(const YamlMap& map, const std::string& name, const Layers& layers) {
  if (name.find('*') != std::string::npos) return names_none(map, name);
  std::vector<std::string> names;
  for (const Layer* layer : layers) names.push_back(layer->name);
  return map.error(name, unknown_fault("layer that multiplies", name, names), allowed_words(names));
}

}  // namespace

PrecisionPolicy::PrecisionPolicy(const YamlMap& block, std::optional<LayerPrecision> by_default)
    : block_(block), default_(by_default) {
  for (const Rule& rule : kRules) {
    rules_.emplace_back();
    if (block.has(rule.key)) {
      rules_.back() = Choice{block.one_of(rule.key, kLayerPrecisionNames), block};
    }
  }
  const std::optional<YamlMap> by_name = block.optional_map("layers");
  if (!by_name) return;
  for (const std::string& name : by_name->keys()) {
    names_.emplace_back(name, Choice{by_name->one_of(name, kLayerPrecisionNames), *by_name});
  }
}

PrecisionPolicy::PrecisionPolicy(const YamlMap& block)
    : PrecisionPolicy(block, block.one_of("default", kLayerPrecisionNames)) {}

PrecisionPolicy PrecisionPolicy::changes(const YamlMap& block) {
  std::optional<LayerPrecision> by_default;
  if (block.has("default")) by_default = block.one_of("default", kLayerPrecisionNames);
  return {block, by_default};
}

PrecisionPolicy PrecisionPolicy::changed_by(const PrecisionPolicy& changes) const {
  PrecisionPolicy result = *this;
  result.block_ = changes.block_;
  if (changes.default_) result.default_ = changes.default_;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (changes.rules_[i]) result.rules_[i] = changes.rules_[i];
  }
  result.names_.insert(result.names_.end(), changes.names_.begin(), changes.names_.end());
  return result;
}

void PrecisionPolicy::set(Network& network) const {
  Layers layers;
  for (Layer& layer : network.layers) {
    if (multiplies(layer)) layers.push_back(&layer);
  }
  if (default_) {
    for (Layer* layer : layers) layer->precision = *default_;
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i]) continue;
    const Rule& rule = kRules[i];
    const auto matches = [&](const Layer& layer) { return rule.matches(layer, layers); };
    if (!set_where(layers, rules_[i]->precision, matches)) {
      throw names_none(rules_[i]->map, rule.key);
    }
  }
  for (const auto& [name, choice] : names_) {
    const auto matches = [&, &name = name](const Layer& layer) {
      return fits_pattern(name, layer.name);
    };
    if (!set_where(layers, choice.precision, matches)) {
      throw unknown_name(choice.map, name, layers);
    }
  }
}

void PrecisionPolicy::replace(Network& network) const {
  set(network);
  try {
    infer_shapes(network);
  } catch (const std::invalid_argument& error) {
    throw block_.error({}, error.what(), "allowed are policies that every layer can follow");
  }
}

}  // namespace nibble
