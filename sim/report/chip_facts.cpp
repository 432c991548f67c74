#include "sim/report/chip_facts.h"

#include <algorithm>
#include <vector>

#include "sim/chip/ring.h"
#include "sim/energy/twin_candidates.h"
#include "sim/report/balance.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

constexpr double kBitsPerByte = 8;
constexpr double kNearPeak = 0.9;
constexpr std::int64_t kDepths[] = {1, 8, 64};  // in chunks

/// The arrays that multiply, by format; the FP16 tile in fp8 as well.
std::vector<std::pair<const char*, TileGeometry>> formats(const ChipConfig& config) {
  std::vector<std::pair<const char*, TileGeometry>> arrays{{"nibble4", config.tile}};
  if (config.fp16_tile) {
    arrays.emplace_back("fp8", config.fp16_tile->running(TilePrecision::fp8));
    arrays.emplace_back("fp16", *config.fp16_tile);
  }
  return arrays;
}

Json rows_json(const TileGeometry& array) {
  Json rows = Json::array();
  for (const std::int64_t chunks : kDepths) {
    const std::optional<std::int64_t> fewest = rows_for_share(array, chunks, kNearPeak);
    rows.push_back({{"k", chunks * array.lanes}, {"rows", fewest ? Json(*fewest) : Json()}});
  }
  return rows;
}

Json formats_json(const ChipConfig& config) {
  Json json;
  for (const auto& [name, array] : formats(config)) {
    const std::int64_t macs = config.cores * array.macs_per_cycle();
    json[name] = {
        {"macs_per_cycle", macs},
        {"peak_tops", 2 * static_cast<double>(macs) * config.clock_mhz * 1e6 / 1e12},
        {"balance_macs_per_byte", balance_macs_per_byte(config, array)},
        {"balance_uses", balance_uses(config, array)},
        {"weight_load_cycles", tile_load_cycles(array)},
        {"rows_for_90_percent", rows_json(array)},
    };
  }
  return json;
}

/// Of one core's array at full rate.
Json streams_json(const TileGeometry& array) {
  const OperandStreams streams = operand_streams(array);
  const auto bytes = [](std::int64_t bits) { return static_cast<double>(bits) / kBitsPerByte; };
  return {{"a_bytes_per_cycle", bytes(streams.a_bits)},
          {"b_bytes_per_cycle", bytes(streams.b_bits)},
          {"c_bytes_per_cycle", bytes(streams.c_bits)}};
}

Json core_json(const ChipConfig& config) {
  Json json = {{"scratchpad_bytes", config.scratchpad.bytes},
               {"stream_buffer_bytes", config.scratchpad.stream_buffer_bytes},
               {"sfu_lanes", config.sfu.lanes},
               {"dma_descriptor_bytes", config.dma.descriptor_bytes},
               {"dma_outstanding", config.dma.outstanding},
               {"accumulator_rows", config.tile.acc_rows}};
  json["tile"] = streams_json(config.tile);
  if (config.fp16_tile) {
    json["fp16_tile"] = streams_json(*config.fp16_tile);
    json["fp16_tile"]["lanes"] = config.fp16_tile->lanes;
    json["fp16_tile"]["columns"] = config.fp16_tile->cols;
    json["fp16_tile"]["tiles"] = config.fp16_tile->tiles;
  }
  return json;
}

/// Of all cores. DMA, memory stops and link: of either direction.
Json bandwidth_json(const ChipConfig& config) {
  const auto rate = [&](double bytes_per_cycle) -> Json {
    return {{"bytes_per_cycle", bytes_per_cycle},
            {"gb_per_s", bytes_per_cycle * config.clock_mhz * 1e-3}};
  };
  const auto of_cores = [&](Bytes bytes) {
    return rate(static_cast<double>(config.cores * bytes));
  };
  Json json = {{"scratchpad", of_cores(config.scratchpad.bytes_per_cycle)},
               {"scratchpad_reserved", of_cores(reserved_bytes_per_cycle(config))},
               {"sfu_port", of_cores(config.sfu.port_bytes_per_cycle)},
               {"dma", of_cores(config.dma.bytes_per_cycle)}};
  if (config.cores > 1) {
    json["ring_link"] = rate(static_cast<double>(config.ring.bytes_per_cycle));
    const std::int64_t links = Ring(config.cores, config.ring).memory_links();
    json["ring_memory"] = rate(static_cast<double>(links * config.ring.bytes_per_cycle));
  }
  const double dram = DramConfig(config.dram).peak_bytes_per_second();
  json["dram"] = {{"bytes_per_cycle", dram / (config.clock_mhz * 1e6)}, {"gb_per_s", dram / 1e9}};
  if (config.link.bytes_per_cycle > 0) json["link"] = rate(config.link.bytes_per_cycle);
  return json;
}

Json streamed_json(const DramParameters& device, Access direction) {
  const double pj = streamed_byte_pj(device, direction);
  const Ranged& factor = device.energy.factor;
  return ranged_json({pj * factor.value, pj * factor.low, pj * factor.high});
}

Json action_energy_json(const ChipConfig& config, const EnergyTable& table) {
  return {{"accumulator", ranged_json(table.accumulator_pj)},
          {"sfu_operation", ranged_json(table.sfu_operation_pj)},
          {"scratchpad_read_byte", ranged_json(table.scratchpad_read_byte_pj)},
          {"scratchpad_write_byte", ranged_json(table.scratchpad_write_byte_pj)},
          {"ring_byte_hop", ranged_json(table.ring_byte_hop_pj)},
          {"link_byte", ranged_json(table.link_byte_pj)},
          {"dram_read_byte", streamed_json(config.dram, Access::read)},
          {"dram_write_byte", streamed_json(config.dram, Access::write)}};
}

/// The FP16 chips of equal area; which of them is the twin is the workload's choice.
Json twin_json(const ChipConfig& config, const EnergyTable& table, const Json& chip) {
  const auto ratio = [](const Json& a, const Json& b, const char* key) {
    return a.at(key).get<double>() / b.at(key).get<double>();
  };
  Json candidates = Json::array();
  double low = 0, high = 0;
  for (const ChipConfig& twin : twin_candidates(config, table, TwinKind::equal_area)) {
    const Json report = static_report(twin, table);
    const double peaks = ratio(chip, report, "peak_tops");
    low = candidates.empty() ? peaks : std::min(low, peaks);
    high = std::max(high, peaks);
    Json candidate = {{"peak_ratio_vs_fp16", peaks}};
    for (const char* key : {"array", "peak_tops", "array_power_w", "area_mm2"}) {
      candidate[key] = report.at(key);
    }
    candidates.push_back(candidate);
  }
  return {{"kind", twin_name(TwinKind::equal_area)},
          {"peak_ratio_vs_fp16", {{"low", low}, {"high", high}}},
          {"candidates", candidates}};
}

}  // namespace

Json chip_facts(const ChipConfig& config, const EnergyTable& table) {
  Json json = static_report(config, table);
  const double area = json.at("area_mm2").at("total").get<double>();
  const DramConfig dram(config.dram);
  json["dram"]["capacity_bytes"] = dram.capacity_bytes();
  json["ring"]["hop_cycles"] = config.ring.hop_cycles;
  json["core"] = core_json(config);
  json["formats"] = formats_json(config);
  json["bandwidth"] = bandwidth_json(config);
  json["action_energy_pj"] = action_energy_json(config, table);
  json["dram_power_w"] =
      dram.peak_bytes_per_second() * streamed_byte_pj(config.dram, Access::read) * 1e-12;
  json["leakage_w"] = ranged_json({table.leakage_mw_per_mm2.value * area * 1e-3,
                                   table.leakage_mw_per_mm2.low * area * 1e-3,
                                   table.leakage_mw_per_mm2.high * area * 1e-3});
  json["twin"] = twin_json(config, table, json);
  return json;
}

}  // namespace nibble
