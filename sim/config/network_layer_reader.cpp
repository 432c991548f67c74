#include "sim/config/network_layer_reader.h"

#include <utility>

#include "models/layers/layer_names.h"
#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

// Bounds that catch slips, far beyond published networks.
constexpr std::int64_t kMaxPixels = 16384;
constexpr std::int64_t kMaxChannels = std::int64_t{1} << 20;
constexpr std::int64_t kMaxKernel = 255;
constexpr double kMostDropout = 0.9;
constexpr const char* kNetworkInput = "input";

void read_conv(const YamlMap& map, Layer& layer) {
  layer.filters = map.integer("filters", 1, kMaxChannels);
  layer.kernel = map.integer("kernel", 1, kMaxKernel);
  layer.stride = map.integer_or("stride", 1, 1, kMaxKernel);
  layer.padding = map.integer_or("padding", 0, 0, layer.kernel - 1);
  layer.groups = map.integer_or("groups", 1, 1, kMaxChannels);
  layer.bias = map.boolean_or("bias", false);
  layer.shortcut = map.boolean_or("shortcut", false);
}

void read_linear(const YamlMap& map, Layer& layer) {
  layer.filters = map.integer("filters", 1, kMaxChannels);
  layer.bias = map.boolean_or("bias", false);
  layer.flatten = map.boolean_or("flatten", true);
  layer.tied = map.boolean_or("tied", false);
}

void read_pool(const YamlMap& map, Layer& layer) {
  layer.kernel = map.integer("kernel", 1, kMaxKernel);
  layer.stride = map.integer("stride", 1, kMaxKernel);
  layer.padding = map.integer_or("padding", 0, 0, layer.kernel / 2);
  layer.ceil_mode = map.boolean_or("ceil", false);
}

void read_embedding(const YamlMap& map, Layer& layer) {
  layer.table_rows = map.integer("rows", 1, kMaxChannels);
  layer.filters = map.integer("features", 1, kMaxChannels);
  layer.lookups = map.integer_or("lookups", 1, 1, kMaxChannels);
  layer.tied = map.boolean_or("tied", false);
}

void read_kind(const YamlMap& map, Layer& layer) {
  switch (layer.kind) {
    case LayerKind::conv:
      return read_conv(map, layer);
    case LayerKind::linear:
      return read_linear(map, layer);
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      return read_pool(map, layer);
    case LayerKind::embedding:
      return read_embedding(map, layer);
    case LayerKind::position_embedding:
      layer.table_rows = map.integer("rows", 0, kMaxChannels);
      layer.extra_tokens = map.integer_or("extra_tokens", 0, 0, kMaxPixels);
      return;
    case LayerKind::matmul:
      layer.heads = map.integer_or("heads", 1, 1, kMaxChannels);
      layer.transpose_b = map.boolean_or("transpose_b", false);
      return;
    case LayerKind::softmax:
      layer.causal = map.boolean_or("causal", false);
      return;
    case LayerKind::lstm:
      layer.filters = map.integer("hidden", 1, kMaxChannels);
      layer.bidirectional = map.boolean_or("bidirectional", false);
      return;
    case LayerKind::reshape:
    case LayerKind::traffic:
      layer.output_shape = read_feature_shape(map.map("output"));
      return;
    default:
      return;  // nothing but name, type and inputs
  }
}

}  // namespace

FeatureShape read_feature_shape(const YamlMap& map) {
  FeatureShape shape;
  shape.h = map.integer("height", 1, kMaxPixels);
  shape.w = map.integer("width", 1, kMaxPixels);
  shape.c = map.integer("channels", 1, kMaxChannels);
  return shape;
}

void NetworkLayerReader::read(const YamlMap& map, Network& network) {
  Layer layer;
  layer.name = read_name(map);
  layer.kind = map.one_of("type", kLayerKindNames);
  read_inputs(map, layer);
  read_kind(map, layer);
  if (takes_dropout(layer.kind)) layer.dropout = map.number_or("dropout", 0, 0, kMostDropout);
  indices_.emplace(layer.name, static_cast<int>(network.layers.size()));
  names_.push_back(layer.name);
  maps_.push_back(map);
  network.layers.push_back(std::move(layer));
}

BadInput NetworkLayerReader::misfit(const std::string& message) const {
  const std::string start = "layer ";
  const std::size_t colon = message.find(": ");
  if (message.compare(0, start.size(), start) == 0 && colon != std::string::npos) {
    const auto layer = indices_.find(message.substr(start.size(), colon - start.size()));
    if (layer != indices_.end()) {
      return {maps_[static_cast<std::size_t>(layer->second)].place(), layer->first,
              message.substr(colon + 2), "allowed is a graph whose shapes fit"};
    }
  }
  return {maps_.front().place(), "layers", message, "allowed is a graph whose shapes fit"};
}

std::string NetworkLayerReader::read_name(const YamlMap& map) const {
  std::string name = map.string("name");
  const bool plain =
      name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
      std::string::npos;
  if (!plain || name == kNetworkInput) {
    throw map.error("name", name + " cannot name a layer",
                    "allowed are letters, digits and _.- but not the word input");
  }
  if (indices_.count(name) != 0) {
    throw map.error("name", "a second layer is called " + name, "allowed are distinct names");
  }
  return name;
}

int NetworkLayerReader::index_of(const std::string& name, const BadInput& fault) const {
  if (name == kNetworkInput) return -1;
  const auto found = indices_.find(name);
  if (found == indices_.end()) throw fault;
  return found->second;
}

void NetworkLayerReader::read_inputs(const YamlMap& map, Layer& layer) const {
  std::vector<std::string> allowed = names_;
  allowed.insert(allowed.begin(), kNetworkInput);
  const std::string earlier = "allowed are earlier layers and the word input";
  if (map.has("input")) {
    const std::string name = map.string("input");
    const BadInput fault =
        map.error("input", unknown_fault("layer " + name, name, allowed), earlier);
    layer.inputs = {index_of(name, fault)};
  } else if (map.has("inputs")) {
    const YamlList list = map.list("inputs");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string name = list.string(i);
      const BadInput fault = list.error(i, unknown_fault("layer " + name, name, allowed), earlier);
      layer.inputs.push_back(index_of(name, fault));
    }
  } else {
    layer.inputs = {static_cast<int>(names_.size()) - 1};
  }
}

}  // namespace nibble
