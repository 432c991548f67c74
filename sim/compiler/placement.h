// Where every tensor lives. One that fits stays in the scratchpad from the stage that makes it to
// the stage that last reads it. One that does not fit that long, such as an activation kept for the
// backward pass, stays until the longest gap in its use; it is stored to DRAM as well, and later
// readers stream it from there through the double buffers. The rest live in DRAM only. What many
// operations of one later stage read (recurrent weights, in every time step) is copied from DRAM
// for that stage.
//
// A core keeps its share of a resident tensor (sharing.h), at the same address in every core.
//
// Scratchpad map: [0, stream_buffer) double buffers, [stream_buffer, size) resident tensors.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/units.h"
#include "sim/compiler/sharing.h"
#include "sim/workload/workload.h"

namespace nibble {

struct Placement {
  int resident_until = -1;  // last stage in which the scratchpad holds it
  bool in_dram = true;      // some stage reads or writes it there
  Bytes scratchpad_address = 0;
  int copied_in = -1;  // a later stage, which has a copy in the scratchpad and does not change it
  Bytes copy_address = 0;
  std::uint64_t dram_address = 0;

  [[nodiscard]] bool resident_in(int stage) const {
    return stage <= resident_until || stage == copied_in;
  }
  /// In the scratchpad, in a stage in which it is resident.
  [[nodiscard]] Bytes address_in(int stage) const {
    return stage == copied_in ? copy_address : scratchpad_address;
  }
};

struct PlacementPlan {
  std::vector<Placement> of;      // by TensorId
  Bytes resident_peak_bytes = 0;  // highest resident address used, from stream_buffer_bytes
  Bytes dram_bytes = 0;           // highest DRAM address used
};

/// Where tensors may begin in DRAM (CompilerTarget).
struct DramLayout {
  Bytes stripe_bytes = 1;
  int stripes_a_row = 1;
};

/// What many operations of a stage read comes first, until its longest gap and as a copy. The rest
/// greedily by saved traffic per byte and stage, whole lifetimes first, then those cut at their
/// longest gap; first fit by address among tensors alive at the same time. Deterministic.
/// Persistent tensors always live in DRAM; the room of others is used again after their last stage.
/// Throws std::invalid_argument if the cores' copies of sums (Sharing::replicated) do not fit.
[[nodiscard]] PlacementPlan place_tensors(const Workload& workload, const Sharing& sharing,
                                          Bytes stream_buffer_bytes, Bytes scratchpad_bytes,
                                          const DramLayout& layout);

}  // namespace nibble
