// A file of another program, whole in memory.
#pragma once

#include <string>

namespace nibble {

/// Throws BadInput if it cannot be read or is a directory; `kind` is what is allowed there.
[[nodiscard]] std::string read_foreign_file(const std::string& path, const std::string& kind);

}  // namespace nibble
