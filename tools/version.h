// What `nibblesim --version` names. The definitions are generated at each build, in a file of their
// own (tools/cmake/write_version.cmake), so that a new commit recompiles nothing else.
#pragma once

namespace nibble {

[[nodiscard]] const char* version_number();
/// As `git describe` says it, with -dirty after it where files were changed; words if it is
/// unknown.
[[nodiscard]] const char* source_commit();
/// Of the Verilator that made the tiles.
[[nodiscard]] const char* verilator_version();

}  // namespace nibble
