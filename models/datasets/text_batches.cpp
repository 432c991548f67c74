#include "models/datasets/text_batches.h"

#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace nibble {

TextBatches::TextBatches(TokenIds tokens, std::int64_t streams, std::int64_t window,
                         std::int64_t offset)
    : tokens_(std::move(tokens)), streams_(streams), window_(window), offset_(offset) {
  if (streams < 1 || window < 1 || offset < 0) {
    throw std::invalid_argument("streams and window must be at least 1, the offset at least 0");
  }
  // The last token is nobody's input, because it has no target.
  const std::int64_t inputs = static_cast<std::int64_t>(tokens_.size()) - offset - 1;
  stream_length_ = inputs / streams;
  count_ = stream_length_ / window;
  if (count_ < 1) {
    throw std::invalid_argument(std::to_string(tokens_.size()) + " tokens are too few for " +
                                std::to_string(streams) + " streams of " + std::to_string(window) +
                                " from token " + std::to_string(offset));
  }
}

TokenBatch TextBatches::batch(std::int64_t index) const {
  TokenBatch batch;
  for (std::int64_t stream = 0; stream < streams_; ++stream) {
    const auto first = tokens_.begin() + offset_ + stream * stream_length_ + index * window_;
    batch.inputs.insert(batch.inputs.end(), first, first + window_);
    batch.targets.insert(batch.targets.end(), first + 1, first + window_ + 1);
  }
  return batch;
}

std::int64_t window_offset(std::uint64_t seed, std::int64_t epoch, std::int64_t window) {
  // The standard fixes the numbers of seed_seq and mt19937_64.
  std::seed_seq sequence{seed & 0xFFFFFFFF, seed >> 32, static_cast<std::uint64_t>(epoch)};
  std::mt19937_64 engine(sequence);
  return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(window));
}

}  // namespace nibble
