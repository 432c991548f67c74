#include "sim/config/network_reader.h"

#include <map>
#include <stdexcept>
#include <utility>

#include "sim/config/nearest_word.h"
#include "sim/config/network_precision.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

// Bounds that catch slips, far beyond published networks.
constexpr std::int64_t kMaxPixels = 16384;
constexpr std::int64_t kMaxChannels = std::int64_t{1} << 20;
constexpr std::int64_t kMaxKernel = 255;
constexpr const char* kNetworkInput = "input";

const YamlMap::Names<LayerKind>& kind_names() {
  static const YamlMap::Names<LayerKind> names = {{"conv", LayerKind::conv},
                                                  {"linear", LayerKind::linear},
                                                  {"batch_norm", LayerKind::batch_norm},
                                                  {"pact", LayerKind::pact},
                                                  {"relu", LayerKind::relu},
                                                  {"add", LayerKind::add},
                                                  {"max_pool", LayerKind::max_pool},
                                                  {"global_avg_pool", LayerKind::global_avg_pool}};
  return names;
}

/// Reads layers in order and knows the names that a layer may refer to.
class LayerListReader {
 public:
  void read(const YamlMap& map, Network& network) {
    Layer layer;
    layer.name = read_name(map);
    layer.kind = map.one_of<LayerKind>("type", kind_names());
    read_inputs(map, layer);
    read_shape(map, layer);
    indices_.emplace(layer.name, static_cast<int>(network.layers.size()));
    names_.push_back(layer.name);
    maps_.push_back(map);
    network.layers.push_back(std::move(layer));
  }

  /// infer_shapes speaks of layers by name; this says where the layer stands.
  [[nodiscard]] BadInput misfit(const std::string& message) const {
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

 private:
  std::string read_name(const YamlMap& map) const {
    std::string name = map.string("name");
    const bool plain = name.find_first_not_of(
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
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

  int index_of(const std::string& name, const BadInput& fault) const {
    if (name == kNetworkInput) return -1;
    const auto found = indices_.find(name);
    if (found == indices_.end()) throw fault;
    return found->second;
  }

  void read_inputs(const YamlMap& map, Layer& layer) const {
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
        const BadInput fault =
            list.error(i, unknown_fault("layer " + name, name, allowed), earlier);
        layer.inputs.push_back(index_of(name, fault));
      }
    } else {
      layer.inputs = {static_cast<int>(names_.size()) - 1};
    }
  }

  static void read_shape(const YamlMap& map, Layer& layer) {
    switch (layer.kind) {
      case LayerKind::conv:
        layer.filters = map.integer("filters", 1, kMaxChannels);
        layer.kernel = map.integer("kernel", 1, kMaxKernel);
        layer.stride = map.integer_or("stride", 1, 1, kMaxKernel);
        layer.padding = map.integer_or("padding", 0, 0, layer.kernel - 1);
        layer.shortcut = map.boolean_or("shortcut", false);
        break;
      case LayerKind::linear:
        layer.filters = map.integer("filters", 1, kMaxChannels);
        layer.bias = map.boolean_or("bias", false);
        break;
      case LayerKind::max_pool:
        layer.kernel = map.integer("kernel", 1, kMaxKernel);
        layer.stride = map.integer("stride", 1, kMaxKernel);
        break;
      default:
        break;
    }
  }

  std::map<std::string, int> indices_;
  std::vector<std::string> names_;
  std::vector<YamlMap> maps_;
};

Network read(const YamlMap& file) {
  Network network;
  network.name = file.string("network");
  const YamlMap input = file.map("input");
  network.input.h = input.integer("height", 1, kMaxPixels);
  network.input.w = input.integer("width", 1, kMaxPixels);
  network.input.c = input.integer("channels", 1, kMaxChannels);
  network.classes = file.integer("classes", 2, kMaxChannels);
  const YamlMap precision = file.map("precision");

  const YamlList list = file.list("layers");
  if (list.size() == 0) throw file.error("layers", "is empty", "allowed is at least one layer");
  LayerListReader layers;
  for (std::size_t i = 0; i < list.size(); ++i) layers.read(list.map(i), network);
  apply_precision(precision, network);
  file.finish();
  try {
    infer_shapes(network);
  } catch (const std::invalid_argument& error) {
    throw layers.misfit(error.what());
  }
  return network;
}

}  // namespace

Network read_network(const std::string& path, const std::vector<YamlOverride>& overrides) {
  return read(YamlMap::load(path, overrides));
}

Network parse_network(const std::string& text, const std::string& file,
                      const std::vector<YamlOverride>& overrides) {
  return read(YamlMap::parse(text, file, overrides));
}

}  // namespace nibble
