#include "models/datasets/image_set.h"

namespace nibble {

std::vector<Fp16Code> normalised_grey(double mean, double deviation) {
  std::vector<Fp16Code> codes;
  codes.reserve(256);
  for (int grey = 0; grey < 256; ++grey) {
    codes.push_back(fp16_from_double((grey / 255.0 - mean) / deviation));
  }
  return codes;
}

std::vector<Fp16Code> fp16_images(const ImageSet& set, std::int64_t first, std::int64_t count,
                                  const std::vector<Fp16Code>& grey) {
  const auto size = static_cast<std::size_t>(count * set.pixels_per_image());
  const std::uint8_t* pixels = set.pixels.data() + first * set.pixels_per_image();
  std::vector<Fp16Code> images(size);
  for (std::size_t i = 0; i < size; ++i) images[i] = grey[pixels[i]];
  return images;
}

}  // namespace nibble
