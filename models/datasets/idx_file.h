// The IDX container of the MNIST family, gzipped: a magic number that says type and rank, the
// sizes, then the bytes (http://yann.lecun.com/exdb/mnist, section "file formats").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nibble {

struct IdxFile {
  std::vector<std::int64_t> sizes;  // slowest first
  std::vector<std::uint8_t> bytes;
};

/// Unsigned bytes of the given rank. Throws DatasetError "PATH: ..."; `package` is named if the
/// file is missing.
[[nodiscard]] IdxFile read_idx(const std::string& path, int rank, const std::string& package);

}  // namespace nibble
