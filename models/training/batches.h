// The order in which a training sees its images: every epoch a new permutation, the incomplete last
// batch left out, each image flipped left to right or not.
#pragma once

#include <cstdint>
#include <vector>

#include "models/datasets/image_set.h"
#include "models/training/random_source.h"

namespace nibble {

struct Batch {
  std::vector<Fp16Code> images;  // [N,H,W,1]
  std::vector<std::int64_t> labels;
  std::uint32_t step = 0;  // of the training, from 0: stochastic rounding draws by it
};

class Batches {
 public:
  /// Only the first `limit` images take part. `set` must outlive this. Requires limit >= batch.
  Batches(const ImageSet& set, const std::vector<Fp16Code>& grey, std::int64_t limit,
          std::int64_t batch, bool flip, std::uint64_t seed);

  [[nodiscard]] std::int64_t per_epoch() const { return limit_ / batch_; }
  [[nodiscard]] Batch next();

 private:
  void append(std::int64_t image, bool mirrored, Batch& batch) const;

  const ImageSet& set_;
  std::vector<Fp16Code> grey_;  // of each grey level
  std::int64_t limit_, batch_;
  bool flip_;
  RandomSource random_;
  std::vector<std::int64_t> order_;
  std::int64_t taken_ = 0;
};

/// Images [first, first + count) as they are.
[[nodiscard]] Batch plain_batch(const ImageSet& set, const std::vector<Fp16Code>& grey,
                                std::int64_t first, std::int64_t count);

}  // namespace nibble
