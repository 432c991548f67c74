// Tables on a page.
#pragma once

#include <string>
#include <vector>

namespace nibble {

/// Cells in columns as wide as need be, to the right; the first line, which has as many cells as
/// any, may be a heading.
[[nodiscard]] std::string text_table(const std::vector<std::vector<std::string>>& lines);

}  // namespace nibble
