// `nibblesim dram`: a memory trace on one of the DRAM presets, without a chip.
#pragma once

#include <string>
#include <vector>

namespace nibble {

struct DramOptions {
  std::string trace_file;   // lines `R|W hex_address [cycle]`, 64 bytes a request
  std::string config_file;  // configs/dram/NAME.yaml
  std::vector<std::string> sets;
};

/// Prints clocks until the last read, bytes, row hits, commands and energy. Returns 0; throws
/// BadInput.
[[nodiscard]] int run_dram(const DramOptions& options);

}  // namespace nibble
