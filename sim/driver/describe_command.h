// `nibblesim describe`: what a chip is, before anything runs on it.
#pragma once

#include <string>
#include <vector>

namespace nibble {

struct DescribeOptions {
  std::string chip;               // a name of configs/chips, or the path of such a file
  std::vector<std::string> sets;  // `--set key=value`, with or without "chip." before the key
  std::string energy;             // a table of configs/energy instead of the chip's; empty: its own
  bool json = false;
};

/// Prints the page, or the facts it is made of. Returns 0; throws BadInput.
[[nodiscard]] int run_describe(const DescribeOptions& options);

}  // namespace nibble
