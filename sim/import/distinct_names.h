// Layers' names: what a foreign file calls its nodes, in the characters that configs/networks
// allows (letters, digits, `_.-`), each name once.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace nibble {

/// Keeps letters, digits and `_.-`; anything else becomes `_`. A name begins with a letter, so that
/// no YAML reader takes it for a number.
[[nodiscard]] std::string plain_name(std::string_view text);

class DistinctNames {
 public:
  /// The plain name, with `_2`, `_3`, ... behind it if it was given out before.
  std::string take(std::string_view wish);

 private:
  std::unordered_set<std::string> taken_ = {"input"};  // what a network file calls its input
};

}  // namespace nibble
