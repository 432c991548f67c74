// The page without its data, a constant that tools/report/bundle.cmake makes at build time.
#pragma once

#include <string_view>

namespace nibble {

/// HTML with `<!--DATA-->` where the data goes; empty where the build could not make it.
[[nodiscard]] std::string_view report_template();

/// Why it could not, in words that follow "nibblesim report: "; else empty.
[[nodiscard]] std::string_view fault_of_template();

}  // namespace nibble
