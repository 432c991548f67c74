// Where every tensor lives. Tensors that fit stay in the scratchpad from the stage that makes them
// to the stage that last reads them; the rest live in DRAM and stream through the double buffers.
//
// Scratchpad map: [0, stream_buffer) double buffers, [stream_buffer, size) resident tensors.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/units.h"
#include "sim/workload/workload.h"

namespace nibble {

struct Placement {
  bool resident = false;
  Bytes scratchpad_address = 0;    // if resident
  std::uint64_t dram_address = 0;  // if not
};

struct PlacementPlan {
  std::vector<Placement> of;      // by TensorId
  Bytes resident_peak_bytes = 0;  // highest resident address used, from stream_buffer_bytes
};

/// Greedy by saved traffic per byte and stage; first fit by address among tensors alive at the same
/// time. Deterministic. Persistent tensors always live in DRAM.
[[nodiscard]] PlacementPlan place_tensors(const Workload& workload, Bytes stream_buffer_bytes,
                                          Bytes scratchpad_bytes);

}  // namespace nibble
