// Minibatches for language modelling: the token sequence is cut into `streams` equally long pieces
// that are read side by side, `window` tokens at a time. Row s of one batch goes on where row s of
// the batch before ended, so that an LSTM's state may be carried over.
#pragma once

#include <cstdint>

#include "models/datasets/text_vocabulary.h"

namespace nibble {

struct TokenBatch {
  TokenIds inputs, targets;  // [streams, window]; a target is the token after its input
};

class TextBatches {
 public:
  /// Leaves out the first `offset` tokens, and at the end what fills no window of all streams.
  /// Throws std::invalid_argument if not one batch comes about.
  TextBatches(TokenIds tokens, std::int64_t streams, std::int64_t window, std::int64_t offset = 0);

  [[nodiscard]] std::int64_t count() const { return count_; }
  /// 0 <= index < count().
  [[nodiscard]] TokenBatch batch(std::int64_t index) const;

 private:
  TokenIds tokens_;
  std::int64_t streams_, window_, offset_;
  std::int64_t stream_length_ = 0, count_ = 0;
};

/// An offset in [0, window) for an epoch, so that epochs cut the text at other places: a pure
/// function of its arguments.
[[nodiscard]] std::int64_t window_offset(std::uint64_t seed, std::int64_t epoch,
                                         std::int64_t window);

}  // namespace nibble
