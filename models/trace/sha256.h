// SHA-256 (FIPS 180-4) of a file's bytes, as sha256sum prints it.
#pragma once

#include <string>
#include <string_view>

namespace nibble {

/// 64 digits in lower case.
[[nodiscard]] std::string sha256_text(std::string_view bytes);

}  // namespace nibble
