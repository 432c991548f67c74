// Test images or texts through the forward pass with a trained network's weights, every GEMM on the
// chip's tiles: the accuracy the hardware would have. Logits are compared one by one with those of
// models/gemm, which are what the trainer judges a network by.
#pragma once

#include "models/layers/network_weights.h"
#include "sim/driver/experiment.h"
#include "sim/driver/test_samples.h"

namespace nibble {

struct InferenceResult {
  std::string task, metric;
  std::int64_t samples = 0;      // images or sequences
  std::int64_t predictions = 0;  // one an image, one a character of a sequence
  std::int64_t correct = 0;      // of them, on the tiles
  std::int64_t compared = 0;     // logits compared with models/gemm
  std::int64_t mismatches = 0;
  std::string recipe;  // by which the weights were trained; empty if that is not known
  std::optional<double> trained_fp32, trained_nibble4;  // of the whole test set, by the trainer
  double compute_s = 0;                                 // host time
  [[nodiscard]] double percent() const {
    return 100.0 * static_cast<double>(correct) / static_cast<double>(predictions);
  }
};

/// Samples that pass through the chip together.
inline constexpr std::int64_t kInferenceBatch = 32;

/// What it takes, read and checked before anything is simulated.
struct InferenceInputs {
  NetworkWeights weights;
  TestSamples samples;
};

/// Throws BadInput, TraceError or DatasetError for inputs that cannot be used.
[[nodiscard]] InferenceInputs load_inference(const Experiment& experiment);

/// Engine rtl or model.
[[nodiscard]] InferenceResult run_inference(const Experiment& experiment,
                                            const InferenceInputs& inputs, Engine engine);

}  // namespace nibble
