// Numbers and bars as the summary page prints them.
#pragma once

#include <string>
#include <vector>

namespace nibble {

/// 0.00123 s -> "1.23 ms"; likewise J, W: three significant digits with an SI prefix.
[[nodiscard]] std::string with_unit(double value, const std::string& unit);
/// 1234567 -> "1.18 MiB".
[[nodiscard]] std::string bytes_text(double bytes);
/// 1234567 -> "1,234,567".
[[nodiscard]] std::string grouped(long long count);
/// 1 -> "1 point", 1200 -> "1,200 points".
[[nodiscard]] std::string counted(long long count, const std::string& noun);
/// A bar of `share` (0..1) of `width` characters.
[[nodiscard]] std::string bar(double share, int width);
/// A text of at most `most` characters; of a longer one the middle is left out: "layer3..wgrad".
[[nodiscard]] std::string shortened(const std::string& text, std::size_t most);
/// Lines of at most `width` characters, broken at spaces; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace nibble
