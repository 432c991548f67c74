// What parameters are before the first step, by seed and layer: the same in either arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/layers/network.h"

namespace nibble {

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
