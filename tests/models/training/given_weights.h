// Weights that every machine has: initial_weights() takes log and cos, which differ between
// libraries.
#pragma once

#include <random>

#include "models/training/trainable_network.h"

namespace nibble::test {

/// Multiples of 2^-12 below 1/4.
inline void give_weights(TrainableNetwork& network) {
  std::mt19937_64 random(11);
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.kind != ParameterKind::weight) continue;
    for (std::size_t i = 0; i < parameter.count; ++i) {
      parameter.value[i] = static_cast<float>(static_cast<int>(random() % 2001) - 1000) * 0x1p-12F;
    }
  }
}

}  // namespace nibble::test
