#include "sim/energy/energy_gain.h"

#include <algorithm>
#include <limits>

namespace nibble {
namespace {

/// Widens `gain` to every way to set the groups from `next` on; those before take `chip` and
/// `twin`.
void widen(Ranged& gain, const std::vector<GroupEnergy>& groups, std::size_t next, double chip,
           double twin) {
  if (next == groups.size()) {
    gain.low = std::min(gain.low, twin / chip);
    gain.high = std::max(gain.high, twin / chip);
    return;
  }
  const GroupEnergy& group = groups[next];
  for (const Level level : {Level::low, Level::value, Level::high}) {
    widen(gain, groups, next + 1, chip + group.chip.at(level), twin + group.twin.at(level));
  }
}

}  // namespace

Ranged energy_gain(const std::vector<GroupEnergy>& groups) {
  double chip = 0, twin = 0;
  for (const GroupEnergy& group : groups) {
    chip += group.chip.value;
    twin += group.twin.value;
  }
  Ranged gain{twin / chip, std::numeric_limits<double>::infinity(), 0};
  widen(gain, groups, 0, 0, 0);
  return gain;
}

}  // namespace nibble
