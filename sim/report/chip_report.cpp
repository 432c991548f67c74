#include "sim/report/chip_report.h"

namespace nibble {
namespace {

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

bool runs_fp8(const RunStatistics& statistics) {
  return statistics.total.actions.fp8_macs_useful > 0;
}

/// The main array in the narrowest format that this run has for it: an FP16 array does twice as
/// much in fp8.
TileGeometry main_array(const ChipConfig& config, const RunStatistics& statistics) {
  return config.tile.running(runs_fp8(statistics) ? TilePrecision::fp8 : config.tile.precision);
}

/// What `cycles` of `array` in all cores could multiply.
double peak_macs(const ChipConfig& config, const TileGeometry& array, Cycles cycles) {
  return static_cast<double>(cycles * config.cores * array.macs_per_cycle());
}

/// Cycles that the MACs of a run need if every array is full all the time, each MAC in its format,
/// one array after the other.
double cycles_at_peak(const ChipConfig& config, const StageStatistics& total) {
  const bool four_bits = config.tile.precision == TilePrecision::nibble4;
  const std::int64_t narrow = four_bits ? total.array_macs_useful : 0;
  const std::int64_t fp16 = total.macs_useful - narrow - total.actions.fp8_macs_useful;
  const auto cycles = [&](std::int64_t macs, const TileGeometry& array) {
    return ratio(static_cast<double>(macs), peak_macs(config, array, 1));
  };
  double sum = cycles(narrow, config.tile);
  const std::optional<TileGeometry> wide = four_bits ? config.fp16_tile : config.tile;
  if (wide) {
    sum += cycles(total.actions.fp8_macs_useful, wide->running(TilePrecision::fp8)) +
           cycles(fp16, *wide);
  }
  return sum;
}

Json stalls_json(const Stalls& stalls) {
  Json json;
  for (std::size_t cause = 0; cause < stalls.size(); ++cause) {
    json[std::string(kStallCauseNames[cause])] = stalls[cause];
  }
  return json;
}

Json energy_json(const EnergyReport& energy) {
  return {{"total", energy.total},
          {"mac", energy.mac},
          {"scratchpad", energy.scratchpad},
          {"accumulator", energy.accumulator},
          {"sfu", energy.sfu},
          {"ring", energy.ring},
          {"dram", energy.dram},
          {"leakage", energy.leakage}};
}

Json dram_json(const ChipConfig& config, const ProgramOutline& program,
               const RunStatistics& statistics, double time_s) {
  const DramStatistics& dram = statistics.dram;
  const double peak = DramConfig(config.dram).peak_bytes_per_second();
  const auto moved = static_cast<double>(dram.bytes_read + dram.bytes_written);
  return {{"bytes_read", dram.bytes_read},
          {"bytes_written", dram.bytes_written},
          {"compulsory_bytes", program.compulsory_bytes},
          {"row_hit_rate", dram.row_hit_rate()},
          {"utilization", ratio(moved, peak * time_s)}};
}

/// Where ring or memory are ideal nothing uses the memory's links.
Json ring_json(const ChipConfig& config, const RunStatistics& statistics) {
  const StageStatistics& total = statistics.total;
  const auto capacity =
      static_cast<double>(total.cycles() * statistics.memory_links * config.ring.bytes_per_cycle);
  const auto used = [&](Bytes bytes) {
    const bool ideal = config.ideal_ring || config.ideal_dram;
    return ideal ? 0 : ratio(static_cast<double>(bytes), capacity);
  };
  return {{"byte_hops", total.actions.ring_byte_hops},
          {"load_utilization", used(total.ring_loaded)},
          {"store_utilization", used(total.ring_stored)},
          {"link_bytes", total.actions.link_bytes}};
}

Json footprint_json(const ProgramOutline& program) {
  const Stage* most = nullptr;
  for (const Stage& stage : program.stages) {
    if (most == nullptr || stage.live_bytes > most->live_bytes) most = &stage;
  }
  Json json = {{"peak_bytes", 0}, {"peak_name", ""}, {"peak_pass", ""}};
  if (most != nullptr) {
    json = {
        {"peak_bytes", most->live_bytes}, {"peak_name", most->layer}, {"peak_pass", most->pass}};
  }
  json["persistent_bytes"] = program.persistent_bytes;
  return json;
}

Json layers_json(const ChipConfig& config, const ProgramOutline& program,
                 const RunStatistics& statistics, const std::vector<EnergyReport>& energies) {
  Json layers = Json::array();
  for (std::size_t s = 0; s < program.stages.size(); ++s) {
    const Stage& stage = program.stages[s];
    const StageStatistics& at = statistics.stages[s];
    layers.push_back(
        {{"name", stage.layer},
         {"pass", stage.pass},
         {"shape", stage.shape},
         {"mapping", stage.mapping},
         {"cycles", at.cycles()},
         {"macs", at.macs_useful},
         {"array_macs", at.array_macs_useful},
         {"utilization", ratio(cycles_at_peak(config, at), static_cast<double>(at.cycles()))},
         {"streaming", at.streaming},
         {"stalls", stalls_json(at.stalls)},
         {"dram_bytes", at.dram_read + at.dram_written},
         {"live_bytes", stage.live_bytes},
         {"energy_j", energies[s].total}});
  }
  return layers;
}

}  // namespace

Json chip_report(const ChipConfig& config, const ProgramOutline& program,
                 const RunStatistics& statistics, const EnergyTable& table) {
  const StageStatistics& total = statistics.total;
  const double time_s = static_cast<double>(total.cycles()) / (config.clock_mhz * 1e6);
  const double operations = 2.0 * static_cast<double>(total.macs_useful);
  const EnergyReport energy = energy_of(statistics, config, table);
  const TileGeometry array = main_array(config, statistics);
  std::vector<EnergyReport> stage_energies;
  for (const StageStatistics& stage : statistics.stages) {
    stage_energies.push_back(energy_of(stage, config, table));
  }
  check_energy(energy, stage_energies);

  Json json = static_report(config, table, runs_fp8(statistics));
  json["cycles"] = total.cycles();
  json["time_s"] = time_s;
  json["macs_useful"] = total.macs_useful;
  json["macs_issued"] = total.macs_issued;
  json["array_macs_useful"] = total.array_macs_useful;
  json["fp8_macs_useful"] = total.actions.fp8_macs_useful;
  json["cycles_at_peak"] = cycles_at_peak(config, total);
  json["utilization"] =
      ratio(static_cast<double>(total.array_macs_useful), peak_macs(config, array, total.cycles()));
  json["sustained_tops"] = ratio(operations, time_s) / 1e12;
  json["steps_per_s"] = ratio(1, time_s);
  json["streaming_cycles"] = total.streaming;
  json["stalls"] = stalls_json(total.stalls);
  Json busy;
  for (int unit = 1; unit < kUnits; ++unit) {
    busy[kUnitNames[unit]] = statistics.busy[static_cast<std::size_t>(unit)];
  }
  json["busy_cycles"] = busy;
  json["commands"] = program.commands;
  json["scratchpad_peak_bytes"] = program.scratchpad_peak_bytes;
  json["footprint"] = footprint_json(program);
  json["dram"].update(dram_json(config, program, statistics, time_s));
  json["ring"].update(ring_json(config, statistics));
  json["energy_j"] = energy_json(energy);
  json["energy_range_j"] = {
      {"low", energy_json(energy_of(statistics, config, table, Level::low))},
      {"high", energy_json(energy_of(statistics, config, table, Level::high))}};
  json["average_power_w"] = ratio(energy.total, time_s);
  json["tops_per_w"] = ratio(operations, energy.total) / 1e12;
  json["layers"] = layers_json(config, program, statistics, stage_energies);
  return json;
}

}  // namespace nibble
