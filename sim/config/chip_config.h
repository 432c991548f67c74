// A chip as the simulator knows it: configs/chips/*.yaml, read and validated once.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/units.h"
#include "sim/command/sfu_command.h"
#include "sim/command/tile_geometry.h"
#include "sim/config/yaml_document.h"
#include "sim/dram/dram_config.h"
#include "sim/silicon/silicon.h"

namespace nibble {

struct ScratchpadConfig {
  Bytes bytes = 0;
  Bytes stream_buffer_bytes = 0;  // double buffers; the rest holds tensors
  Bytes bytes_per_cycle = 0;      // all banks together
};

struct SfuConfig {
  int lanes = 0;
  Bytes port_bytes_per_cycle = 0;
  Cycles latency = 0;  // from the first element in to the first element out
  /// Cycles one vector of `lanes` elements takes in each step, by SfuStep.
  std::array<int, kSfuStepNames.size()> step_cycles{};
};

struct DmaConfig {
  Bytes descriptor_bytes = 0;  // largest transaction to DRAM
  int outstanding = 0;         // transactions under way, in each direction
  Bytes bytes_per_cycle = 0;   // scratchpad port of each direction
};

/// Two counter-rotating rings of one stop a core, and stops of the memory between them.
struct RingConfig {
  Bytes bytes_per_cycle = 128;  // of a link, each direction
  Cycles hop_cycles = 1;
  int memory_stops = 1;  // spread evenly, at most one a core
};

/// Chips that train as one group of data-parallel workers and exchange gradients over a link.
struct LinkConfig {
  int workers = 1;
  double bytes_per_cycle = 0;  // of each chip, each direction, at the chip's clock
  Cycles latency_cycles = 0;   // of one message
};

struct ChipConfig {
  std::string name;
  double clock_mhz = 0;
  std::int64_t clock_period_ps = 0;
  int cores = 1;
  RingConfig ring;
  LinkConfig link;
  // Of each core: arrays, scratchpad, SFU, DMA, queues.
  TileGeometry tile;
  std::optional<TileGeometry> fp16_tile;
  ScratchpadConfig scratchpad;
  SfuConfig sfu;
  DmaConfig dma;
  int queue_entries = 0;  // commands that wait in front of a unit
  DramParameters dram;
  Silicon silicon;          // what the arrays are made of, and the twin's
  std::string dram_file;    // the preset of `dram`, a file of configs/dram/
  std::string energy_file;  // a table of configs/energy/

  /// What-if switches for the loss waterfall: DRAM, SFU or ring take no time, arrays compute every
  /// command at their peak rate (no padding, fill, drain or weight load).
  bool ideal_dram = false;
  bool ideal_sfu = false;
  bool ideal_ring = false;
  bool ideal_array = false;

  /// Of all cores.
  [[nodiscard]] double peak_macs_per_second() const {
    return static_cast<double>(cores * tile.macs_per_cycle()) * clock_mhz * 1e6;
  }
};

/// Bits a cycle between scratchpad and an array at full rate.
struct OperandStreams {
  std::int64_t a_bits = 0, b_bits = 0;  // a streamed row; a row of the next stationary block
  std::int64_t c_bits = 0;              // a row of results
};
[[nodiscard]] OperandStreams operand_streams(const TileGeometry& array);

/// What a core's scratchpad has to feed: the streams of all units at once (DESIGN section 4).
[[nodiscard]] Bytes reserved_bytes_per_cycle(const ChipConfig& chip);

/// Reads a chip's file, wherever it lies, and configs/dram/<preset>.yaml and
/// configs/silicon/<cells>.yaml below `configs_folder`. Throws BadInput.
[[nodiscard]] ChipConfig read_chip_file(const std::string& configs_folder, const std::string& file,
                                        const std::vector<YamlOverride>& overrides = {});

/// The same of configs/chips/<name>.yaml.
[[nodiscard]] ChipConfig read_chip(const std::string& configs_folder, const std::string& name,
                                   const std::vector<YamlOverride>& overrides = {});

/// The FP16 chip beside `chip` with one array of `lanes` x `columns` FMAs in place of both of its
/// arrays; everything else is the same, but that the scratchpad feeds the wider operands.
[[nodiscard]] ChipConfig fp16_twin(const ChipConfig& chip, int lanes, int columns);

}  // namespace nibble
