// Reads configs/sweeps/*.yaml; its README lists the keys.
#pragma once

#include <string>

#include "sim/sweep/sweep.h"

namespace nibble {

/// Throws BadInput. Whether an axis names a key of the experiment is not looked at here.
[[nodiscard]] Sweep read_sweep(const std::string& file);

}  // namespace nibble
