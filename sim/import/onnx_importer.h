// ONNX file -> Network: the layers that a training step is made of.
//
// What a Network can hold is converted (README.md lists the operators), steps that only move axes
// about vanish, and each remaining node becomes a traffic layer of its output's shape, named in the
// notes. Values of weights are not read, so files with external data need not be complete.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/import/imported_network.h"

namespace nibble {

struct OnnxOptions : ImportOptions {
  std::vector<std::pair<std::string, std::int64_t>> dims;  // sizes of symbolic dimensions
};

/// Throws BadInput on a file that is damaged, too new for libonnx, or whose shapes are not fixed.
[[nodiscard]] ImportedNetwork import_onnx(const std::string& path, const OnnxOptions& options);

/// The same from the file's bytes; `file` is what errors call it.
[[nodiscard]] ImportedNetwork import_onnx_bytes(const std::string& bytes, const std::string& file,
                                                const OnnxOptions& options);

}  // namespace nibble
