// How much work keeps an array at its peak: MACs for every byte of DRAM, rows for every block of
// weights.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/config/chip_config.h"

namespace nibble {

/// MACs a byte at which the arrays of all cores and the DRAM take equally long, both at their peak.
[[nodiscard]] double balance_macs_per_byte(const ChipConfig& config, const TileGeometry& array);

/// How often a value that comes from DRAM has to be multiplied for as much: in its format's bits.
[[nodiscard]] double balance_uses(const ChipConfig& config, const TileGeometry& array);

/// The fewest rows of a command of `chunks` chunks of k (array.lanes each) and one block of columns
/// that runs at `share` of the array's peak or above, by the closed form. Nothing where no number
/// of rows does, as in an array whose accumulators hold fewer rows than hide a load of weights. A
/// row more than accumulators hold loads all weights again, so more rows can be worse.
[[nodiscard]] std::optional<std::int64_t> rows_for_share(const TileGeometry& array,
                                                         std::int64_t chunks, double share);

}  // namespace nibble
