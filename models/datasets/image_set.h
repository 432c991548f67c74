// Labelled images of one split of a dataset, as stored: 8-bit grey pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/formats/fp16.h"

namespace nibble {

enum class Split : std::uint8_t { train, test };

struct ImageSet {
  std::int64_t count = 0, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  // [count, height, width]
  std::vector<std::uint8_t> labels;  // [count]

  [[nodiscard]] std::int64_t pixels_per_image() const { return height * width; }
};

/// The network's input code of each of the 256 grey values: fp16((grey/255 - mean) / deviation),
/// computed in binary64. Table of 256.
[[nodiscard]] std::vector<Fp16Code> normalised_grey(double mean, double deviation);

/// Images [first, first + count) as fp16 codes [count, height, width, 1].
[[nodiscard]] std::vector<Fp16Code> fp16_images(const ImageSet& set, std::int64_t first,
                                                std::int64_t count,
                                                const std::vector<Fp16Code>& grey);

}  // namespace nibble
