// The command stream: all that compiler and chip share. A program is a list of commands in program
// order; the sequencer deals them to one in-order queue a unit, and a command starts when it heads
// its queue and every command in `waits` has completed. Each entry of `waits` is one token between
// two queues; waits point backwards only, so a program cannot deadlock by construction.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/layers/conv_lowering.h"
#include "sim/base/units.h"
#include "sim/command/sfu_command.h"
#include "sim/command/tile_command.h"

namespace nibble {

/// Of one core; the sequencer and the link are the chip's (core 0).
enum class Unit : std::uint8_t {
  sequencer,
  dma_load,
  dma_store,
  tile,
  fp16_tile,
  sfu,
  ring,  // brings bytes from the scratchpad of one core to those of others
  link   // exchanges gradients with the other chips of a data-parallel group
};
inline constexpr int kUnits = 8;
inline constexpr const char* kUnitNames[kUnits] = {"sequencer", "dma_load", "dma_store", "tile",
                                                   "fp16_tile", "sfu",      "ring",      "link"};

/// Waits for every earlier command, then puts the DRAM into its canonical state (DESIGN section 4)
/// and closes the stage. No token crosses it.
struct Fence {};

/// One contiguous transfer between DRAM and scratchpad; the DMA cuts it into descriptors. A load
/// may write the scratchpads of several cores (its ranges say which): one read, multicast on the
/// ring.
struct DmaTransfer {
  std::uint64_t dram_address = 0;
  Bytes bytes = 0;
};

/// Bytes from the scratchpad of core `from` to those that its ranges write; the unit of the first
/// receiver executes it.
struct RingTransfer {
  int from = 0;
  Bytes bytes = 0;
};

/// Every chip's `bytes` are summed over the group, and each chip gets the sum. The pieces of one
/// exchange follow each other on the link: only the first pays the latency.
struct LinkTransfer {
  Bytes bytes = 0;
  bool first = true;
};

/// A range of a core's scratchpad that a command reads or writes while it runs.
struct ScratchpadRange {
  Bytes begin = 0, end = 0;
  bool write = false;
  int core = 0;
};

struct Command {
  Unit unit = Unit::sequencer;
  int core = 0;
  std::uint32_t stage = 0;
  std::vector<std::uint32_t> waits;  // indices of earlier commands
  std::vector<ScratchpadRange> scratchpad;
  std::variant<Fence, DmaTransfer, TileCommand, SfuCommand, RingTransfer, LinkTransfer> body;
};

/// The cores that a transfer writes.
[[nodiscard]] inline std::vector<int> receivers_of(const Command& command) {
  std::vector<int> cores;
  for (const ScratchpadRange& range : command.scratchpad) {
    if (range.write) cores.push_back(range.core);
  }
  return cores;
}

/// A layer x pass, closed by a fence: the unit of reporting (layers[] of result.json).
struct Stage {
  std::string layer;
  std::string pass;   // forward, loss, backward, dgrad, wgrad, update
  std::string shape;  // "M x N x K" of its GEMMs, or the elements of its SFU work
  std::int64_t macs = 0;
  std::string mapping;   // how its GEMM is laid over cores and buffer; empty without one
  Bytes live_bytes = 0;  // of the tensors alive at it that the step makes, wherever they lie
};

/// A GEMM of the program. Its operands are found by layer, part and pass, which are those of the
/// trace.
struct ProgramGemm {
  std::string layer;
  std::string part;  // as GemmWork::part
  LoweredGemm lowered;
  GemmArithmetic arithmetic;
  TilePrecision precision = TilePrecision::nibble4;
  bool last_of_operation = true;  // dgrad with a stride has several GEMMs, one an output phase
};

struct Program {
  int cores = 1;
  std::vector<Command> commands;
  std::vector<Stage> stages;
  std::vector<ProgramGemm> gemms;
  /// DRAM bytes that no scratchpad, however large, could avoid: what enters and leaves the step.
  Bytes compulsory_bytes = 0;
  /// The most scratchpad bytes that hold tensors or buffers at any time.
  Bytes scratchpad_peak_bytes = 0;
  /// DRAM bytes that tensors occupy, from address 0.
  Bytes dram_bytes = 0;
  /// Of the tensors that are alive before and after the step.
  Bytes persistent_bytes = 0;
};

/// What reports need of a program: everything but its commands.
struct ProgramOutline {
  std::vector<Stage> stages;
  std::int64_t commands = 0;
  Bytes compulsory_bytes = 0, scratchpad_peak_bytes = 0, dram_bytes = 0, persistent_bytes = 0;
};
[[nodiscard]] ProgramOutline outline_of(const Program& program);

/// Appends the commands, stages and GEMMs of `next`, renumbered; its byte counts are ignored.
void append_stage(Program& program, Program next);

}  // namespace nibble
