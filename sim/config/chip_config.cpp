#include "sim/config/chip_config.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/config/dram_config.h"
#include "sim/config/part_file.h"
#include "sim/config/silicon_config.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

constexpr Bytes kKib = 1024;
constexpr int kMostCores = 256;

/// Where what the ratio of areas was before there were netlists is given, says what it is now.
void check_no_former_key(const YamlMap& map) {
  constexpr const char* kFormer = "fp16_area_ratio";
  for (const std::string& key : map.keys()) {
    if (key != kFormer) continue;
    throw BadInput(map.place(kFormer), kFormer, "unknown key (silicon.area_ratio now)",
                   "allowed is silicon: {cells: osu018_cells, fp16_unit: fma}, by netlists, or "
                   "with area_ratio: NUMBER",
                   FaultKind::unknown_key);
  }
}

TileGeometry read_tile(const YamlMap& map, TilePrecision precision, int least_lanes) {
  TileGeometry tile;
  tile.precision = precision;
  tile.lanes = static_cast<int>(map.integer("lanes", least_lanes, 1024));
  tile.cols = static_cast<int>(map.integer("columns", 1, 1024));
  tile.acc_rows = static_cast<int>(map.integer("accumulator_rows", 1, 65536));
  tile.tiles = static_cast<int>(map.integer_or("count", 1, 1, 1024));
  return tile;
}

SfuConfig read_sfu(const YamlMap& map) {
  SfuConfig sfu;
  sfu.lanes = static_cast<int>(map.integer("lanes", 1, 4096));
  sfu.port_bytes_per_cycle = map.integer("port_bytes_per_cycle", 1, 1 << 20);
  sfu.latency = map.integer("latency_cycles", 0, 10'000);
  const YamlMap cycles = map.map("cycles");
  for (std::size_t step = 0; step < kSfuStepNames.size(); ++step) {
    sfu.step_cycles[step] =
        static_cast<int>(cycles.integer(std::string(kSfuStepNames[step]), 1, 10'000));
  }
  return sfu;
}

/// A preset with the chip's own number of channels.
DramParameters read_chip_dram(const std::string& preset_file, const YamlMap& map) {
  DramParameters dram = read_dram_config(preset_file).parameters();
  dram.channels = static_cast<int>(map.integer("channels", 1, 64));
  try {
    return DramConfig(dram).parameters();
  } catch (const BadDramParameter& bad) {
    throw map.error("channels", bad.fault(), bad.allowed());
  }
}

void check_scratchpad(const YamlMap& map, const ChipConfig& chip) {
  if (chip.scratchpad.stream_buffer_bytes > chip.scratchpad.bytes) {
    throw map.error(
        "stream_buffer_kib",
        fmt::format("{} exceeds the scratchpad", chip.scratchpad.stream_buffer_bytes / kKib),
        fmt::format("allowed is at most {}", chip.scratchpad.bytes / kKib));
  }
  const Bytes reserved = reserved_bytes_per_cycle(chip);
  if (chip.scratchpad.bytes_per_cycle < reserved) {
    throw map.error(
        "bytes_per_cycle",
        fmt::format("{} cannot feed all units at once", chip.scratchpad.bytes_per_cycle),
        fmt::format("allowed is at least {}", reserved));
  }
}

void check_clock(const YamlMap& map, const ChipConfig& chip) {
  if (static_cast<double>(chip.clock_period_ps) * chip.clock_mhz != 1e6) {
    throw map.error("clock_mhz",
                    fmt::format("{} MHz has no period in whole picoseconds", chip.clock_mhz),
                    "allowed is 1000000 / period, for example 500, 800, 1000, 1250");
  }
}

}  // namespace

OperandStreams operand_streams(const TileGeometry& array) {
  constexpr int kResultBits = 16;
  const int bits = operand_bits(array.precision);
  return {std::int64_t{array.lanes} * bits, array.columns() * bits, array.columns() * kResultBits};
}

Bytes reserved_bytes_per_cycle(const ChipConfig& chip) {
  const auto array_bytes = [](const TileGeometry& array) {
    const OperandStreams streams = operand_streams(array);
    return (streams.a_bits + streams.b_bits) / 8 + streams.c_bits / 8;
  };
  Bytes bytes =
      array_bytes(chip.tile) + chip.sfu.port_bytes_per_cycle + 2 * chip.dma.bytes_per_cycle;
  if (chip.fp16_tile) bytes += array_bytes(*chip.fp16_tile);
  return bytes;
}

ChipConfig read_chip(const std::string& configs_folder, const std::string& name,
                     const std::vector<YamlOverride>& overrides) {
  return read_chip_file(configs_folder, configs_folder + "/chips/" + name + ".yaml", overrides);
}

ChipConfig read_chip_file(const std::string& configs_folder, const std::string& file,
                          const std::vector<YamlOverride>& overrides) {
  const YamlMap map = YamlMap::load(file, overrides);
  check_no_former_key(map);
  ChipConfig chip;
  chip.name = map.string("chip");
  chip.clock_mhz = map.number("clock_mhz", 1, 10'000);
  chip.clock_period_ps = std::llround(1e6 / chip.clock_mhz);
  chip.cores = static_cast<int>(map.integer_or("cores", 1, 1, kMostCores));
  if (const auto ring = map.optional_map("ring")) {
    chip.ring.bytes_per_cycle = ring->integer("bytes_per_cycle", 1, 4096);
    chip.ring.hop_cycles = ring->integer("hop_cycles", 0, 1000);
    chip.ring.memory_stops = static_cast<int>(ring->integer_or("memory_stops", 1, 1, chip.cores));
  } else if (chip.cores > 1) {
    throw map.error("cores", "several cores need a ring", "allowed with a ring: map");
  }
  if (const auto link = map.optional_map("link")) {
    chip.link.workers = static_cast<int>(link->integer("workers", 1, 65536));
    chip.link.bytes_per_cycle = link->number("gb_per_s", 0.001, 1e5) * 1e3 / chip.clock_mhz;
    chip.link.latency_cycles = std::llround(link->number("latency_us", 0, 1e6) * chip.clock_mhz);
  }
  chip.silicon = read_silicon(map.map("silicon"), configs_folder);
  chip.tile = read_tile(map.map("tile"), TilePrecision::nibble4, kLeastLanes);
  if (const auto fp16_tile = map.optional_map("fp16_tile")) {
    const bool chains = chip.silicon.fp16_unit == Fp16Unit::fma;
    chip.fp16_tile = read_tile(*fp16_tile, TilePrecision::fp16, chains ? 1 : kLeastLanes);
  }
  const YamlMap scratchpad = map.map("scratchpad");
  chip.scratchpad.bytes = scratchpad.integer("kib", 1, 1 << 20) * kKib;
  chip.scratchpad.stream_buffer_bytes = scratchpad.integer("stream_buffer_kib", 1, 1 << 20) * kKib;
  chip.scratchpad.bytes_per_cycle = scratchpad.integer("bytes_per_cycle", 1, 1 << 20);
  chip.sfu = read_sfu(map.map("sfu"));
  const YamlMap dma = map.map("dma");
  chip.dma.descriptor_bytes = dma.integer("descriptor_bytes", 64, 65536);
  chip.dma.outstanding = static_cast<int>(dma.integer("outstanding", 1, 64));
  chip.dma.bytes_per_cycle = dma.integer("bytes_per_cycle", 1, 4096);
  chip.queue_entries = static_cast<int>(map.integer("queue_entries", 1, 4096));
  const YamlMap dram = map.map("dram");
  chip.dram_file = part_file(dram, "preset", configs_folder, "dram");
  chip.dram = read_chip_dram(chip.dram_file, dram);
  chip.energy_file = part_file(map, "energy", configs_folder, "energy");
  if (const auto ideal = map.optional_map("ideal")) {
    chip.ideal_dram = ideal->boolean_or("dram", false);
    chip.ideal_sfu = ideal->boolean_or("sfu", false);
    chip.ideal_ring = ideal->boolean_or("ring", false);
    chip.ideal_array = ideal->boolean_or("array", false);
  }
  check_scratchpad(scratchpad, chip);
  check_clock(map, chip);
  map.finish();
  return chip;
}

ChipConfig fp16_twin(const ChipConfig& chip, int lanes, int columns) {
  ChipConfig twin = chip;
  twin.name = chip.name + "_fp16";
  twin.tile.precision = TilePrecision::fp16;
  twin.tile.lanes = lanes;
  twin.tile.cols = columns;
  twin.tile.tiles = 1;
  twin.fp16_tile.reset();
  twin.scratchpad.bytes_per_cycle =
      std::max(twin.scratchpad.bytes_per_cycle, reserved_bytes_per_cycle(twin));
  return twin;
}

}  // namespace nibble
