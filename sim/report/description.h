// The page that `nibblesim describe` prints, from chip_facts alone.
#pragma once

#include <string>

#include "sim/report/static_report.h"

namespace nibble {

/// `facts` may hold `assumed`, a list of {file, key, reason}: what the chip's files guess. At most
/// 100 columns.
[[nodiscard]] std::string description_page(const Json& facts);

}  // namespace nibble
