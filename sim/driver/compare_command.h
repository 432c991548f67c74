// `nibblesim compare`: what makes two results differ.
#pragma once

#include <cstddef>
#include <string>

#include "sim/report/comparison_page.h"

namespace nibble {

struct CompareOptions {
  std::string a, b;  // folders of `nibblesim run -o`, or result.json files
  bool json = false;
  std::size_t top = kComparedLayers;  // layers on the page
};

/// Prints the page, or the comparison it is made of. Returns 0; throws BadInput.
[[nodiscard]] int run_compare(const CompareOptions& options);

}  // namespace nibble
