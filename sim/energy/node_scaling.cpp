#include "sim/energy/node_scaling.h"

#include "sim/config/nearest_word.h"
#include "sim/config/ranged_entry.h"

namespace nibble {
namespace {

/// The map of a node, which has to be there.
YamlMap node(const YamlMap& nodes, int nm) {
  const std::string key = std::to_string(nm);
  if (!nodes.has(key)) throw nodes.error(key, "unknown node", allowed_words(nodes.keys()));
  return nodes.map(key);
}

NodeFactors read_factors(const YamlMap& map) {
  return {read_ranged(map, "area"), read_ranged(map, "energy"), read_ranged(map, "delay")};
}

}  // namespace

NodeFactors read_node_factors(const std::string& file, int from_nm, int to_nm) {
  const YamlMap map = YamlMap::load(file);
  (void)map.string("scaling");
  const YamlMap nodes = map.map("from");
  for (const std::string& from : nodes.keys()) {
    const YamlMap targets = nodes.map(from);
    for (const std::string& to : targets.keys()) (void)read_factors(targets.map(to));
  }
  map.finish();
  return read_factors(node(node(nodes, from_nm), to_nm));
}

}  // namespace nibble
