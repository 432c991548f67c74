#include "models/training/batches.h"

#include <stdexcept>

namespace nibble {
namespace {

constexpr std::uint64_t kOrderStream = 1;

}  // namespace

Batches::Batches(const ImageSet& set, const std::vector<Fp16Code>& grey, std::int64_t limit,
                 std::int64_t batch, bool flip, std::uint64_t seed)
    : set_(set),
      grey_(grey),
      limit_(limit),
      batch_(batch),
      flip_(flip),
      random_(seed, kOrderStream) {
  if (batch < 1 || limit < batch || limit > set.count) {
    throw std::invalid_argument("a batch of " + std::to_string(batch) + " from " +
                                std::to_string(limit) + " of " + std::to_string(set.count) +
                                " images");
  }
}

Batch Batches::next() {
  if (taken_ % per_epoch() == 0) order_ = random_.permutation(limit_);
  const std::int64_t first = taken_++ % per_epoch() * batch_;
  Batch batch;
  batch.images.reserve(static_cast<std::size_t>(batch_ * set_.pixels_per_image()));
  for (std::int64_t i = first; i < first + batch_; ++i) {
    append(order_[static_cast<std::size_t>(i)], flip_ && random_.coin(), batch);
  }
  return batch;
}

void Batches::append(std::int64_t image, bool mirrored, Batch& batch) const {
  const std::uint8_t* pixels = set_.pixels.data() + image * set_.pixels_per_image();
  for (std::int64_t h = 0; h < set_.height; ++h) {
    for (std::int64_t w = 0; w < set_.width; ++w) {
      batch.images.push_back(grey_[pixels[h * set_.width + (mirrored ? set_.width - 1 - w : w)]]);
    }
  }
  batch.labels.push_back(set_.labels[static_cast<std::size_t>(image)]);
}

Batch plain_batch(const ImageSet& set, const std::vector<Fp16Code>& grey, std::int64_t first,
                  std::int64_t count) {
  Batch batch;
  batch.images = fp16_images(set, first, count, grey);
  batch.labels.assign(set.labels.begin() + first, set.labels.begin() + first + count);
  return batch;
}

}  // namespace nibble
