// Whether a file is still the one that was read: by what the file system says of it, since reading
// it again may take longer than the run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace nibble {

/// Its number, bytes, and the nanoseconds at which its content and its entry changed; zeros of a
/// file that is missing.
using FileState = std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

/// By their names.
using FileStates = std::map<std::string, FileState>;

[[nodiscard]] FileState state_of(const std::string& file);

}  // namespace nibble
