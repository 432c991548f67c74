// A number that is not known exactly: what is used, and how far published sources lie apart.
#pragma once

#include <cstdint>

namespace nibble {

/// Which number of a range.
enum class Level : std::uint8_t { low, value, high };

/// low <= value <= high.
struct Ranged {
  double value = 0, low = 0, high = 0;

  [[nodiscard]] double at(Level level) const {
    return level == Level::low ? low : level == Level::high ? high : value;
  }
};

}  // namespace nibble
