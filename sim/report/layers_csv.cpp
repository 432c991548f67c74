#include "sim/report/layers_csv.h"

#include <fmt/format.h>

namespace nibble {

std::string layers_csv(const Json& result) {
  std::string text = "name,pass,shape,cycles,macs,utilization,streaming";
  for (const std::string_view cause : kStallCauseNames) text += fmt::format(",stall_{}", cause);
  text += ",dram_bytes,live_bytes,energy_j\n";
  for (const Json& layer : result.at("layers")) {
    text += fmt::format("{},{},{},{},{},{:.6f},{}", layer.at("name").get<std::string>(),
                        layer.at("pass").get<std::string>(), layer.at("shape").get<std::string>(),
                        layer.at("cycles").get<std::int64_t>(),
                        layer.at("macs").get<std::int64_t>(), layer.at("utilization").get<double>(),
                        layer.at("streaming").get<std::int64_t>());
    for (const auto& stall : layer.at("stalls")) {
      text += fmt::format(",{}", stall.get<std::int64_t>());
    }
    text +=
        fmt::format(",{},{},{:.6e}\n", layer.at("dram_bytes").get<std::int64_t>(),
                    layer.at("live_bytes").get<std::int64_t>(), layer.at("energy_j").get<double>());
  }
  return text;
}

}  // namespace nibble
