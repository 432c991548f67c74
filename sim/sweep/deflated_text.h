// Text in fewer bytes (zlib), for what a database holds much of.
#pragma once

#include <optional>
#include <string>

namespace nibble {

[[nodiscard]] std::string deflated(const std::string& text);
/// Nothing if the bytes, below 4 GiB, are no deflated text.
[[nodiscard]] std::optional<std::string> inflated(const std::string& bytes);

}  // namespace nibble
