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
  [[nodiscard]] LayerTensor& input() const { return *tensors.front(); }
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

}  // namespace nibble
