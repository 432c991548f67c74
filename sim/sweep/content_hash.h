// Names for contents: 128 bits of XXH3 as 32 hexadecimal digits, the same on every machine.
#pragma once

#include <string>

namespace nibble {

[[nodiscard]] std::string content_hash(const std::string& bytes);
/// content_hash() of the file's bytes, which are not all held at once. Throws BadInput.
[[nodiscard]] std::string file_hash(const std::string& file);

}  // namespace nibble
