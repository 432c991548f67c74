#include "sim/report/layers_csv.h"

#include <fmt/format.h>

namespace nibble {
namespace {

/// Quoted if it holds a comma, as mappings do, or what would end the field or the line.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

}  // namespace

std::string layers_csv(const Json& result) {
  std::string text = "name,pass,shape,cycles,macs,utilization,streaming";
  for (const std::string_view cause : kStallCauseNames) text += fmt::format(",stall_{}", cause);
  text += ",dram_bytes,live_bytes,energy_j,array_macs,mapping\n";
  for (const Json& layer : result.at("layers")) {
    for (const char* key : {"name", "pass", "shape"}) {
      text += field(layer.at(key).get<std::string>()) + ',';
    }
    for (const char* key : {"cycles", "macs"}) {
      text += fmt::format("{},", layer.at(key).get<std::int64_t>());
    }
    text += fmt::format("{:.6f},{}", layer.at("utilization").get<double>(),
                        layer.at("streaming").get<std::int64_t>());
    for (const auto& stall : layer.at("stalls")) {
      text += fmt::format(",{}", stall.get<std::int64_t>());
    }
    text += fmt::format(
        ",{},{},{:.6e},{},{}\n", layer.at("dram_bytes").get<std::int64_t>(),
        layer.at("live_bytes").get<std::int64_t>(), layer.at("energy_j").get<double>(),
        layer.at("array_macs").get<std::int64_t>(), field(layer.at("mapping").get<std::string>()));
  }
  return text;
}

}  // namespace nibble
