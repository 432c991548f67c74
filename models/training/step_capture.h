// A training step on the side, as a trace, and the proof that it replays.
#pragma once

#include <cstdint>

#include "models/trace/trace.h"
#include "models/training/trained_network.h"

namespace nibble {

/// The step of the first `part` samples of `batch`, leaving no mark on the training. The loss is
/// still divided by the whole batch: the gradients keep the size that GradScale is used to.
[[nodiscard]] Trace capture_step(TrainedNetwork& network, const TrainingTask& task,
                                 const Batch& batch, std::int64_t part, std::uint64_t seed);

/// Throws std::invalid_argument, naming a layer, if the task's recipe trains the network in formats
/// that a trace cannot hold: it has 4-bit integers, both phases of FP4 scaled by powers of two, and
/// fp16.
void check_captured_formats(const Network& network, const TrainingTask& task);

struct ReplayCount {
  std::int64_t results = 0, mismatches = 0;
};
/// With gemm_reference.
[[nodiscard]] ReplayCount replay_all(const Trace& trace);

}  // namespace nibble
