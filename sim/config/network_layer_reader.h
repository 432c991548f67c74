// One layer of configs/networks/*.yaml: its name, its inputs by name and the keys of its kind,
// which configs/networks/README.md lists. Fed and asked by network_reader.cpp only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/layers/network.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// Reads layers in order and knows the names that a layer may refer to.
class NetworkLayerReader {
 public:
  /// Appends the layer; its shapes are for infer_shapes. Throws BadInput.
  void read(const YamlMap& map, Network& network);

  /// The same with a place: infer_shapes speaks of layers by name, this knows where they stand.
  [[nodiscard]] BadInput misfit(const std::string& message) const;

 private:
  [[nodiscard]] std::string read_name(const YamlMap& map) const;
  [[nodiscard]] int index_of(const std::string& name, const BadInput& fault) const;
  void read_inputs(const YamlMap& map, Layer& layer) const;

  std::map<std::string, int> indices_;
  std::vector<std::string> names_;
  std::vector<YamlMap> maps_;
};

/// {height, width, channels}, of the network's input or a layer's output.
[[nodiscard]] FeatureShape read_feature_shape(const YamlMap& map);

}  // namespace nibble
