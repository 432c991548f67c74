// Whose fault is it: the file's, or an override's?
#include "sim/config/override_fault.h"

#include <catch2/catch.hpp>

#include "sim/config/yaml_reader.h"
#include "tests/sim/config/fault_text.h"

namespace nibble {
namespace {

/// A file whose values must go together: low + margin <= high, told at low. `other` goes with
/// anything.
void read_pair(const std::string& text, const std::vector<YamlOverride>& overrides) {
  const YamlMap map = YamlMap::parse(text, "pair.yaml", overrides);
  const auto low = map.integer("low", 0, 100);
  const auto high = map.integer("high", 0, 100);
  (void)map.integer_or("other", 0, 0, 100);
  const auto margin = map.integer_or("margin", 0, 0, 100);
  if (low + margin > high) throw map.error("low", "is above high", "allowed is up to high");
  map.finish();
}

std::string fault(const std::string& text, const std::vector<std::string>& sets) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return fault_text([&] {
    (void)read_overridden(overrides, [&](const std::vector<YamlOverride>& some) {
      read_pair(text, some);
      return 0;
    });
  });
}

}  // namespace

TEST_CASE("A value of the file that an override does not go with is the override's fault") {
  const std::string good = "low: 10\nhigh: 20\n";
  CHECK(fault(good, {}) == "no fault");
  CHECK(fault(good, {"high=15"}) == "no fault");
  CHECK(fault(good, {"other=1", "high=5"}) ==
        "--set high=5: low: is above high, allowed is up to high");
  CHECK(fault(good, {"low=30"}) == "--set low=30: low: is above high, allowed is up to high");
}

TEST_CASE("Of several overrides the last one without which reading succeeds is at fault") {
  // Either alone is good.
  CHECK(fault("low: 10\nhigh: 20\n", {"high=15", "margin=8"}) ==
        "--set margin=8: low: is above high, allowed is up to high");
  CHECK(fault("low: 10\nhigh: 20\n", {"margin=8", "high=15", "other=3"}) ==
        "--set high=15: low: is above high, allowed is up to high");
}

TEST_CASE("Of two overrides of one key the one that counts is at fault, not the file") {
  const std::string good = "low: 10\nhigh: 20\n";
  CHECK(fault(good, {"high=5", "high=7"}) ==
        "--set high=7: low: is above high, allowed is up to high");
  CHECK(fault(good, {"high=15", "other=1", "high=5"}) ==
        "--set high=5: low: is above high, allowed is up to high");
  CHECK(fault(good, {"high=5", "other=1", "high=15"}) == "no fault");
}

TEST_CASE("Where two overrides are bad each by itself, the first of them is named, not the file") {
  CHECK(fault("low: 10\nhigh: 20\n", {"other=1", "margin=50", "high=5", "other=2"}) ==
        "--set margin=50: low: is above high, allowed is up to high");
}

TEST_CASE("A fault that is there without any override stays at its line") {
  CHECK(fault("low: 30\nhigh: 20\n", {}) ==
        "pair.yaml:1:6: low: is above high, allowed is up to high");
  CHECK(fault("low: 30\nhigh: 20\n", {"other=1"}) ==
        "pair.yaml:1:6: low: is above high, allowed is up to high");
  CHECK(fault("low: 30\nhigh: 20\n", {"high=25"}) ==
        "pair.yaml:1:6: low: is above high, allowed is up to high");
}

TEST_CASE("An override that is bad by itself is named as before") {
  CHECK(fault("low: 1\nhigh: 2\n", {"high=500", "low=1"}) ==
        "--set high=500: high: 500 is out of range, allowed is a whole number from 0 to 100");
}

}  // namespace nibble
