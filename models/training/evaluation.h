// How good a network is on samples it does not learn from: mean loss, and how many labels it gets
// right. In 4 bits it is the exported weights that are judged, as the chip runs them.
#pragma once

#include "models/layers/inference.h"
#include "models/training/sample_set.h"
#include "models/training/trainable_network.h"

namespace nibble {

class Fp32Network;

/// The first `limit` samples.
[[nodiscard]] Evaluation evaluate(const InferenceNetwork& network, const SampleSet& set,
                                  std::int64_t limit, const GemmFunction& gemm);
[[nodiscard]] Evaluation evaluate(Fp32Network& network, const SampleSet& set, std::int64_t limit);

}  // namespace nibble
