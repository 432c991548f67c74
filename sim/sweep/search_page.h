// How a search went, as a section of the page that `nibblesim sweep` prints.
#pragma once

#include <string>

#include "sim/sweep/search_run.h"
#include "sim/sweep/sweep.h"

namespace nibble {

/// Points asked for against those of the grid, and how the front grew by generation.
[[nodiscard]] std::string search_text(const Sweep& sweep, const SearchRecord& record);

}  // namespace nibble
