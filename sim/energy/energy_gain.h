// How much less energy a chip takes than its twin, when no entry of the energy table is known
// exactly.
#pragma once

#include <vector>

#include "sim/base/ranged.h"

namespace nibble {

/// What one group of entries that are wrong together costs a chip and its twin: joules with all of
/// the group at their lows, their values, their highs.
struct GroupEnergy {
  Ranged chip, twin;
};

/// Twin over chip: of all values, the least and the most. The groups are independent: each lies
/// anywhere from its lows over its values to its highs, in both chips at once. Both energies are
/// linear in a group between low and value and between value and high, so their ratio is monotone
/// there: its exact extremes are among the 3^n points with every group at low, value or high.
[[nodiscard]] Ranged energy_gain(const std::vector<GroupEnergy>& groups);

}  // namespace nibble
