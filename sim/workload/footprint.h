// How many bytes of a step's tensors are alive at each stage: what memory a chip must offer,
// wherever the compiler puts them.
#pragma once

#include <vector>

#include "sim/base/units.h"
#include "sim/workload/workload.h"

namespace nibble {

/// One entry a stage: bytes of all tensors made at this stage or before and read at this stage or
/// later. A tensor that nobody reads counts where it is made. Without persistent tensors.
[[nodiscard]] std::vector<Bytes> live_bytes(const Workload& workload);

/// Bytes of tensors that are alive before and after the step: images, weights, optimizer state,
/// and the logits of an inference.
[[nodiscard]] Bytes persistent_bytes(const Workload& workload);

}  // namespace nibble
