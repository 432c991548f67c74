// What a network is shown at once: images or token ids, and what it should answer.
#pragma once

#include <cstdint>
#include <vector>

#include "models/formats/fp16.h"
#include "models/layers/network.h"

namespace nibble {

struct Batch {
  std::int64_t samples = 0;
  std::uint32_t step = 0;            // of the training, 0 first; see TrainingPass
  std::vector<Fp16Code> images;      // [N,H,W,1], or
  std::vector<std::int32_t> tokens;  // [N,T]
  /// Of images [N]; of a text [N,T], the token after each.
  std::vector<std::int32_t> labels;
};

/// Throws std::invalid_argument unless the batch has what the network reads and a label for each of
/// its answers, every one a class. Its shapes are filled in. Ids of tokens are not looked at.
void check_fits(const Network& network, const Batch& batch);

}  // namespace nibble
