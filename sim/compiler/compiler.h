// Workload in, command stream out: placement of tensors, tiling, double buffering, tokens.
//
//   placement.h  which tensors stay in the scratchpad, and every tensor's addresses
//   tiling.h     a GEMM or an SFU run -> blocks, with the bytes each block touches
//   stream_buffer.h  the ring through which tensors in DRAM stream
//   emitter.h    blocks -> DMA, compute and store commands with their tokens
#pragma once

#include <optional>

#include "sim/base/units.h"
#include "sim/command/program.h"
#include "sim/command/tile_geometry.h"
#include "sim/workload/workload.h"

namespace nibble {

/// What the compiler must know of the chip.
struct CompilerTarget {
  TileGeometry tile;                      // the main array
  std::optional<TileGeometry> fp16_tile;  // for layers kept in fp16; without it `tile` runs them
  Bytes scratchpad_bytes = 0;
  /// The part of the scratchpad that holds double buffers of tensors that live in DRAM.
  Bytes stream_buffer_bytes = 0;
  /// Tensors in DRAM begin at multiples of this: whole rows of every bank group and channel.
  Bytes dram_stripe_bytes = 1;
};

/// Throws std::invalid_argument if the stream buffer cannot hold the smallest tile of a layer (the
/// message says which, and how many bytes are missing).
[[nodiscard]] Program compile(const Workload& workload, const CompilerTarget& target);

}  // namespace nibble
