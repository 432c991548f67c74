#include "sim/config/ranged_entry.h"

namespace nibble {
namespace {

constexpr double kMost = 1e9;

Ranged range_about(double value, const YamlMap& entry) {
  Ranged ranged;
  ranged.value = value;
  ranged.low = entry.number("low", 0, value);
  ranged.high = entry.number("high", value, kMost);
  (void)entry.string("source");  // for the file's reader; an entry without one is refused
  return ranged;
}

}  // namespace

Ranged read_ranged(const YamlMap& map, const std::string& key) {
  const YamlMap entry = map.map(key);
  return range_about(entry.number("value", 0, kMost), entry);
}

Ranged read_range(const YamlMap& map, const std::string& key, double value) {
  return range_about(value, map.map(key));
}

}  // namespace nibble
