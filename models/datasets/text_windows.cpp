#include "models/datasets/text_windows.h"

#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace nibble {

TextWindows::TextWindows(TokenIds tokens, std::int64_t window)
    : tokens_(std::move(tokens)), window_(window) {
  const auto size = static_cast<std::int64_t>(tokens_.size());
  // The last token is nobody's input, because it has no target; an offset takes up to window - 1.
  if (window > 0) count_ = (size - window) / window;
  if (count_ < 1) {
    throw std::invalid_argument("a text of " + std::to_string(size) +
                                " tokens has no sequence of " + std::to_string(window));
  }
}

void TextWindows::append(std::int64_t index, std::int64_t offset, TokenIds& inputs,
                         TokenIds& targets) const {
  const auto begin = tokens_.begin() + index * window_ + offset;
  inputs.insert(inputs.end(), begin, begin + window_);
  targets.insert(targets.end(), begin + 1, begin + window_ + 1);
}

std::int64_t window_offset(std::uint64_t seed, std::int64_t epoch, std::int64_t window) {
  // The standard fixes the numbers of seed_seq and mt19937_64.
  std::seed_seq sequence{seed & 0xFFFFFFFF, seed >> 32, static_cast<std::uint64_t>(epoch)};
  std::mt19937_64 engine(sequence);
  return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(window));
}

}  // namespace nibble
