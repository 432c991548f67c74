// The element of the page that holds the data, so that nothing in the data can end it.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

/// JSON up to so many bytes stands as it is, to be read by anyone; more is compressed.
inline constexpr std::size_t kLargestPlainJson = 1 << 20;

/// `<script id="data" ...>`: JSON, or the gzip of it in base64. Bytes that are no UTF-8 are
/// replaced.
[[nodiscard]] std::string data_element(const Json& data);

}  // namespace nibble
