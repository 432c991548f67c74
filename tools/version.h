// What `nibblesim --version` names. The definitions are generated at each build, in a file of their
// own (tools/cmake/write_version.cmake), so that a new commit recompiles nothing else.
#pragma once

#include <string>

namespace nibble {

[[nodiscard]] const char* version_number();
/// As `git describe` says it, with -dirty after it where files were changed; words if it is
/// unknown.
[[nodiscard]] const char* source_commit();
/// Of the Verilator that made the tiles.
[[nodiscard]] const char* verilator_version();

/// "nibblesim 0.1.0, commit 1234567890".
[[nodiscard]] inline std::string program_text() {
  return std::string("nibblesim ") + version_number() + ", commit " + source_commit();
}

}  // namespace nibble
