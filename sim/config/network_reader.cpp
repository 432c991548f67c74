#include "sim/config/network_reader.h"

#include <stdexcept>

#include "sim/config/network_layer_reader.h"
#include "sim/config/network_precision.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

constexpr std::int64_t kMaxClasses = std::int64_t{1} << 20;

Network read(const YamlMap& file, const PrecisionPolicy* changes) {
  Network network;
  network.name = file.string("network");
  network.input = read_feature_shape(file.map("input"));
  network.classes = file.integer("classes", 2, kMaxClasses);
  const PrecisionPolicy precision(file.map("precision"));
  const YamlList list = file.list("layers");
  if (list.size() == 0) throw file.error("layers", "is empty", "allowed is at least one layer");
  NetworkLayerReader layers;
  for (std::size_t i = 0; i < list.size(); ++i) layers.read(list.map(i), network);
  file.finish();
  try {
    infer_shapes(network);  // a policy may ask for shapes: what is depthwise?
    precision.set(network);
    infer_shapes(network);  // now with the precisions
  } catch (const std::invalid_argument& error) {
    throw layers.misfit(error.what());
  }
  if (changes != nullptr) precision.changed_by(*changes).replace(network);
  return network;
}

}  // namespace

Network read_network(const std::string& path, const std::vector<YamlOverride>& overrides,
                     const PrecisionPolicy* changes) {
  return read(YamlMap::load(path, overrides), changes);
}

Network parse_network(const std::string& text, const std::string& file,
                      const std::vector<YamlOverride>& overrides, const PrecisionPolicy* changes) {
  return read(YamlMap::parse(text, file, overrides), changes);
}

}  // namespace nibble
