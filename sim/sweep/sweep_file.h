// Reads configs/sweeps/*.yaml; its README lists the keys.
#pragma once

#include <string>

#include "sim/sweep/sweep.h"

namespace nibble {

/// Throws BadInput. Whether an axis names a key of the experiment is not looked at here.
[[nodiscard]] Sweep read_sweep(const std::string& file);

/// The same from its text, to look at what was run: without `experiment_file`. `file` is what
/// errors call it.
[[nodiscard]] Sweep parse_sweep(const std::string& text, const std::string& file);

}  // namespace nibble
