#include "sim/energy/ranged_entry.h"

namespace nibble {

Ranged read_ranged(const YamlMap& map, const std::string& key) {
  constexpr double kMost = 1e9;
  const YamlMap entry = map.map(key);
  Ranged ranged;
  ranged.value = entry.number("value", 0, kMost);
  ranged.low = entry.number("low", 0, ranged.value);
  ranged.high = entry.number("high", ranged.value, kMost);
  (void)entry.string("source");  // for the file's reader; an entry without one is refused
  return ranged;
}

}  // namespace nibble
