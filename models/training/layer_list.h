// From a Network to the layers that are executed: batch norm, the addition and the activation
// behind it become one PointwiseLayer where nobody else reads what lies between them.
#pragma once

#include <memory>
#include <vector>

#include "models/layers/gemm_call.h"
#include "models/training/trained_layer.h"
#include "models/training/training_task.h"

namespace nibble {

class LayerTensor;

struct LayerList {
  std::vector<std::unique_ptr<LayerTensor>> tensors;  // the first one holds the network's input
  std::vector<std::unique_ptr<TrainedLayer>> layers;  // in the order of execution
  [[nodiscard]] LayerTensor& images() const { return *tensors.front(); }
  [[nodiscard]] LayerTensor& logits() const { return *tensors.back(); }

  LayerList();
  ~LayerList();
  LayerList(LayerList&&) noexcept;
  LayerList& operator=(LayerList&&) noexcept;
};

/// `network` has shapes and passed check_values(). Weights are He-normal from `seed`. An empty
/// `gemm` means the fastest way that models/layers has.
[[nodiscard]] LayerList build_layers(const Network& network, const TrainingTask& task,
                                     std::uint64_t seed, const GemmFunction& gemm);

/// Normal numbers, none for a layer without weights. Of a convolution [K,R,S,C] with He's deviation
/// sqrt(2 / fan-in), as before a rectifier; of a linear layer sqrt(1 / fan-in); of an lstm sqrt(1 /
/// (3 * hidden)), first those of x, then those of h; of a table 1. ASSUMED: customary deviations;
/// that of tables is PyTorch's.
[[nodiscard]] std::vector<float> initial_weights(const Layer& layer, std::size_t index,
                                                 std::uint64_t seed);

/// [4, hidden]: 1 for the forget gate, so that a cell keeps its state at first, 0 otherwise.
/// ASSUMED: customary (R. Jozefowicz et al., ICML 2015).
[[nodiscard]] std::vector<float> initial_lstm_bias(const Layer& layer);

}  // namespace nibble
