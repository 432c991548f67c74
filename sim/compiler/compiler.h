// Workload in, command stream out: placement of tensors, tiling, double buffering, tokens.
//
//   sharing.h    which core owns which rows of a tensor
//   placement.h  which tensors stay in the scratchpads, and every tensor's addresses
//   mapping_rules.h  how a GEMM is laid over the cores, where no mapping is given
//   tiling.h     a GEMM or an SFU run -> blocks, with the bytes each block touches
//   stream_buffer.h  the ring through which tensors in DRAM stream
//   emitter.h    blocks -> DMA, ring, compute and store commands with their tokens
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/base/units.h"
#include "sim/command/program.h"
#include "sim/command/tile_geometry.h"
#include "sim/compiler/gemm_mapping.h"
#include "sim/workload/workload.h"

namespace nibble {

/// What the compiler must know of the chip. Sizes are those of one core.
struct CompilerTarget {
  TileGeometry tile;                      // the main array
  std::optional<TileGeometry> fp16_tile;  // for layers kept in fp16; without it `tile` runs them
  Bytes scratchpad_bytes = 0;
  /// The part of the scratchpad that holds double buffers of tensors that live in DRAM.
  Bytes stream_buffer_bytes = 0;
  /// Tensors in DRAM begin at multiples of this: whole rows of every bank group and channel.
  Bytes dram_stripe_bytes = 1;
  /// Stripes that hold the same row of all banks: tensors of one role begin at the same of them, so
  /// that equal layers find equal banks.
  int dram_stripes_a_row = 1;
  int cores = 1;
  Bytes ring_bytes_per_cycle = 1;  // of a link, each way
  int memory_stops = 1;            // of the ring
  /// What all channels of the memory move at their peak in a cycle of the cores.
  double dram_bytes_per_cycle = 1;
  /// Chips that exchange gradients before they update.
  int workers = 1;
};

/// Compiles the stages of a step one by one; each is a program of its own, since a stage begins and
/// ends with nothing under way. Workload and target outlive the compiler.
class StepCompiler {
 public:
  /// Throws std::invalid_argument if the scratchpads cannot hold what must be resident.
  StepCompiler(const Workload& workload, const CompilerTarget& target);
  ~StepCompiler();

  /// Throws std::invalid_argument if the stream buffer cannot hold a layer in any mapping (the
  /// message says which, and how many bytes are missing), or in that of the table.
  [[nodiscard]] Program stage(int stage, const MappingTable& mappings = {}) const;

  /// Throws std::invalid_argument if an operation that multiplies cannot be mapped so: how many
  /// bytes its blocks take, or why there are none.
  void check(std::size_t operation, const GemmMapping& mapping) const;
  /// How an operation that multiplies is mapped without a table. Throws like stage().
  [[nodiscard]] GemmMapping rule(std::size_t operation) const;
  /// The `count` mappings with the least estimated cycles, the rule's own not among them.
  [[nodiscard]] std::vector<GemmMapping> ranked(std::size_t operation, int count) const;
  /// The operations of a stage, by index in the workload.
  [[nodiscard]] std::vector<std::size_t> operations(int stage) const;

  [[nodiscard]] int stages() const;
  [[nodiscard]] Bytes compulsory_bytes() const;
  [[nodiscard]] Bytes scratchpad_peak_bytes() const;
  [[nodiscard]] Bytes dram_bytes() const;
  [[nodiscard]] Bytes persistent_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All stages in a row. Throws like StepCompiler.
[[nodiscard]] Program compile(const Workload& workload, const CompilerTarget& target,
                              const MappingTable& mappings = {});

}  // namespace nibble
