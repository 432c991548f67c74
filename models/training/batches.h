// The order in which a training sees its samples: every epoch a new permutation, the incomplete
// last batch left out, each sample varied as its set does it.
#pragma once

#include <cstdint>
#include <vector>

#include "models/training/sample_set.h"

namespace nibble {

class Batches {
 public:
  /// Only the first `limit` samples take part. `set` must outlive this. Throws
  /// std::invalid_argument unless batch <= limit <= set.count().
  Batches(const SampleSet& set, std::int64_t limit, std::int64_t batch, std::uint64_t seed);

  [[nodiscard]] std::int64_t per_epoch() const { return limit_ / batch_; }
  /// The batch of a step, 0 first. The same whatever was asked for before: a training that is
  /// resumed at any step sees what it would have seen.
  [[nodiscard]] Batch at(std::int64_t step);

 private:
  const SampleSet& set_;
  std::int64_t limit_, batch_;
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;          // that order_ belongs to
  std::vector<std::int64_t> order_;  // of the samples
};

}  // namespace nibble
