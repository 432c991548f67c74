// The network as the step builder walks it: reshapes looked through, readers of each layer, the
// precision of each GEMM, and whose weights a tied layer uses. Layer -1 is the network's input.
#pragma once

#include <optional>
#include <vector>

#include "sim/workload/workload.h"

namespace nibble {

class LayerGraph {
 public:
  LayerGraph(const Network& network, ChipPrecision chip);

  [[nodiscard]] int size() const { return static_cast<int>(network_.layers.size()); }
  [[nodiscard]] const Layer& layer(int index) const {
    return network_.layers[static_cast<std::size_t>(index)];
  }
  /// The layer that yields the logits.
  [[nodiscard]] int last() const { return behind_reshapes_.back(); }
  [[nodiscard]] const std::vector<int>& inputs(int index) const {
    return inputs_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const std::vector<int>& readers(int index) const {
    return readers_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const FeatureShape& shape(int index) const {
    return index < 0 ? network_.input : layer(index).output_shape;
  }

  [[nodiscard]] TilePrecision precision(int index, GemmPass pass) const;
  /// Does anyone read the layer's output in this format? fp16 is what all but GEMMs read, and the
  /// format of the logits.
  [[nodiscard]] bool read_as(int index, TilePrecision precision) const;

  /// Whose weights a tied layer uses: the nearest earlier layer with as many. Empty if there is
  /// none.
  [[nodiscard]] std::optional<int> owner(int index) const;
  /// Layers whose weights are this one's.
  [[nodiscard]] std::vector<int> tied_to(int index) const;

 private:
  const Network& network_;
  ChipPrecision chip_;
  std::vector<int> behind_reshapes_;  // the layer that makes the elements
  std::vector<std::vector<int>> inputs_, readers_;
};

/// Weights of a conv, linear or embedding layer, biases not counted.
[[nodiscard]] std::int64_t weight_elements(const Layer& layer);

}  // namespace nibble
