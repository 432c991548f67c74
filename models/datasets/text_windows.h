// A text as language models read it: windows of so many tokens, one behind the other.
#pragma once

#include <cstdint>

#include "models/datasets/text_vocabulary.h"

namespace nibble {

class TextWindows {
 public:
  /// Throws std::invalid_argument if the text has not one window at every offset below `window`.
  TextWindows(TokenIds tokens, std::int64_t window);

  /// What fits at every offset.
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t window() const { return window_; }
  [[nodiscard]] const TokenIds& tokens() const { return tokens_; }
  /// Appends the window that begins at token index * window + offset, and for each of its tokens
  /// the one after it. 0 <= index < count(), 0 <= offset < window().
  void append(std::int64_t index, std::int64_t offset, TokenIds& inputs, TokenIds& targets) const;

 private:
  TokenIds tokens_;
  std::int64_t window_, count_ = 0;
};

/// An offset in [0, window) for an epoch, so that epochs cut the text at other places: a pure
/// function of its arguments.
[[nodiscard]] std::int64_t window_offset(std::uint64_t seed, std::int64_t epoch,
                                         std::int64_t window);

}  // namespace nibble
