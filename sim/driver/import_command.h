// `nibblesim import`: networks of other programs' files as configs/networks files.
#pragma once

#include <string>
#include <vector>

namespace nibble {

struct ImportCommandOptions {
  std::string file;
  std::string output_file;        // empty: standard output
  std::string name;               // of the network; empty: the file's
  std::string precision;          // of most layers; empty: int4_fp4
  std::vector<std::string> dims;  // NAME=VALUE, symbolic sizes of an ONNX file
  bool round_up = false;          // SCALE-Sim: windows that hang over the edge
};

/// Writes the network, and on standard error a line for each node that is kept as traffic or layer
/// that was inserted, and one on which layers stay in fp16. Returns 0; throws BadInput, then
/// nothing is written.
[[nodiscard]] int run_import_onnx(const ImportCommandOptions& options);
[[nodiscard]] int run_import_scalesim(const ImportCommandOptions& options);

}  // namespace nibble
