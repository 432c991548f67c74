#include "sim/report/comparison_setup.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nibble {
namespace {

/// What was run and on what: of keys that follow from each other the one that is chosen.
constexpr const char* kSetup[] = {"/experiment",
                                  "/network",
                                  "/mode",
                                  "/engine",
                                  "/batch",
                                  "/sample",
                                  "/seed",
                                  "/trace",
                                  "/chip",
                                  "/cores",
                                  "/array/tiles",
                                  "/array/lanes",
                                  "/array/columns",
                                  "/array/fp16_tile_fmas",
                                  "/clock_mhz",
                                  "/scratchpad_bytes",
                                  "/dram/device",
                                  "/dram/channels",
                                  "/dram/peak_gb_per_s",
                                  "/ring/memory_stops",
                                  "/ring/workers",
                                  "/ideal/dram",
                                  "/ideal/sfu",
                                  "/ideal/ring",
                                  "/ideal/array",
                                  "/silicon/library",
                                  "/silicon/clock_ns",
                                  "/silicon/fp16_unit",
                                  "/silicon/area_ratio",
                                  "/silicon/ratio_is_given",
                                  "/mac_energy/operands",
                                  "/energy_table",
                                  "/mapping/search",
                                  "/mapping/pins",
                                  "/baseline_fp16/kind"};

/// Of two runs that both have a twin.
constexpr const char* kTwinSetup[] = {"/baseline_fp16/precision", "/baseline_fp16/array/lanes",
                                      "/baseline_fp16/array/columns"};

/// "/array/lanes" -> "array.lanes".
std::string dotted(std::string pointer) {
  pointer.erase(0, 1);
  std::replace(pointer.begin(), pointer.end(), '/', '.');
  return pointer;
}

Json at_or_null(const Json& json, const Json::json_pointer& pointer) {
  return json.contains(pointer) ? json.at(pointer) : Json();
}

void add(Json& setup, const std::string& key, const Json& a, const Json& b) {
  if (a != b) setup.push_back({{"key", key}, {"a", a}, {"b", b}});
}

void add_keys(Json& setup, const Json& a, const Json& b) {
  const auto add_key = [&](const char* name) {
    const Json::json_pointer pointer(name);
    add(setup, dotted(name), at_or_null(a, pointer), at_or_null(b, pointer));
  };
  for (const char* name : kSetup) add_key(name);
  if (!a.contains("baseline_fp16") || !b.contains("baseline_fp16")) return;
  for (const char* name : kTwinSetup) add_key(name);
}

/// The options of one that the other has not.
Json options_beyond(const Json& result, const Json& other) {
  Json rest = Json::array();
  const Json theirs = other.value("overrides", Json::array());
  for (const Json& option : result.value("overrides", Json::array())) {
    if (std::find(theirs.begin(), theirs.end(), option) == theirs.end()) rest.push_back(option);
  }
  return rest;
}

std::map<std::string, std::string> precisions(const Json& result) {
  std::map<std::string, std::string> by_layer;
  for (const auto& [policy, layers] : result.at("precision").items()) {
    for (const Json& layer : layers) by_layer[layer.get<std::string>()] = policy;
  }
  return by_layer;
}

/// Layers of both that multiply by other policies, those alike together.
void add_precisions(Json& setup, const Json& a, const Json& b) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> changes;
  const std::map<std::string, std::string> of_b = precisions(b);
  for (const auto& [layer, policy] : precisions(a)) {
    const auto other = of_b.find(layer);
    if (other != of_b.end() && other->second != policy) {
      changes[{policy, other->second}].push_back(layer);
    }
  }
  for (const auto& [policies, layers] : changes) {
    const std::string more =
        layers.size() == 1 ? "" : " and " + std::to_string(layers.size() - 1) + " more";
    add(setup, "precision of " + layers.front() + more, policies.first, policies.second);
  }
}

}  // namespace

Json different_setup(const Json& a, const Json& b) {
  Json setup = Json::array();
  add_keys(setup, a, b);
  const Json options_a = options_beyond(a, b);
  const Json options_b = options_beyond(b, a);
  add(setup, "overrides", options_a, options_b);
  add_precisions(setup, a, b);
  return setup;
}

}  // namespace nibble
