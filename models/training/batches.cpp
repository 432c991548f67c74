#include "models/training/batches.h"

#include <stdexcept>
#include <string>

namespace nibble {
namespace {

// One stream an epoch, one a step, all apart from those of the weights (layer_list.cpp).
constexpr std::uint64_t kOrderStreams = std::uint64_t{1} << 40;
constexpr std::uint64_t kVariationStreams = std::uint64_t{2} << 40;

}  // namespace

Batches::Batches(const SampleSet& set, std::int64_t limit, std::int64_t batch, std::uint64_t seed)
    : set_(set), limit_(limit), batch_(batch), seed_(seed) {
  if (batch < 1 || limit < batch || limit > set.count()) {
    throw std::invalid_argument("a batch of " + std::to_string(batch) + " from " +
                                std::to_string(limit) + " of " + std::to_string(set.count()) + " " +
                                set.unit());
  }
}

Batch Batches::at(std::int64_t step) {
  const std::int64_t epoch = step / per_epoch();
  if (epoch != epoch_) {
    RandomSource random(seed_, kOrderStreams + static_cast<std::uint64_t>(epoch));
    order_ = random.permutation(limit_);
    epoch_ = epoch;
  }
  RandomSource random(seed_, kVariationStreams + static_cast<std::uint64_t>(step));
  Batch batch;
  batch.step = static_cast<std::uint32_t>(step);
  const std::int64_t first = step % per_epoch() * batch_;
  for (std::int64_t i = first; i < first + batch_; ++i) {
    set_.append_varied(order_[static_cast<std::size_t>(i)], epoch, random, batch);
  }
  return batch;
}

}  // namespace nibble
