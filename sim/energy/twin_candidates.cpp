#include "sim/energy/twin_candidates.h"

#include <algorithm>
#include <cmath>

#include "sim/energy/area.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

constexpr int kColumns[] = {8, 16, 32, 64};
constexpr int kMostLanes = 4096;

double arrays_area(const ChipConfig& chip, const EnergyTable& table) {
  const AreaReport area = area_of(chip, table);
  return area.tile + area.fp16_tile;
}

/// What a twin and its chip are to have as much of; grows with the lanes.
using Measure = double (*)(const ChipConfig&, const EnergyTable&);

/// The lanes that bring a twin nearest to the chip, by bisection.
int nearest_lanes(Measure measure, const ChipConfig& chip, const EnergyTable& table, int columns) {
  const double wanted = measure(chip, table);
  const auto excess = [&](int lanes) {
    return measure(fp16_twin(chip, lanes, columns), table) - wanted;
  };
  int low = 1;
  int high = kMostLanes;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (excess(middle) <= 0 ? low : high) = middle;
  }
  return std::abs(excess(low)) <= std::abs(excess(high)) ? low : high;
}

/// FP16 MACs a cycle that have the area of the 4-bit array's.
double fmas_of_equal_density(const ChipConfig& chip) {
  return static_cast<double>(chip.tile.macs_per_cycle()) / chip.silicon.area_ratio(chip.tile.lanes);
}

/// Arrays of whole lanes round, and the fastest candidate would be the one that rounds up most: of
/// 4096 cells' 561 FMAs 64 columns make 576. Only those close by stay, or the closest.
void keep_equal_density(std::vector<ChipConfig>& candidates, const ChipConfig& chip) {
  constexpr double kClose = 0.01;
  const double fmas = fmas_of_equal_density(chip);
  const auto error = [&](const ChipConfig& twin) {
    return std::abs(static_cast<double>(twin.tile.macs_per_cycle()) / fmas - 1);
  };
  double least = error(candidates.front());
  for (const ChipConfig& twin : candidates) least = std::min(least, error(twin));
  const auto is_far = [&](const ChipConfig& twin) { return error(twin) > std::max(kClose, least); };
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(), is_far), candidates.end());
}

}  // namespace

const char* twin_name(TwinKind twin) {
  switch (twin) {
    case TwinKind::equal_area:
      return "equal_area";
    case TwinKind::equal_lanes:
      return "equal_lanes";
    case TwinKind::equal_density:
      return "equal_density";
    case TwinKind::equal_power:
      return "equal_power";
  }
  return "unknown";
}

std::vector<ChipConfig> twin_candidates(const ChipConfig& chip, const EnergyTable& table,
                                        TwinKind kind) {
  std::vector<ChipConfig> candidates;
  const auto cells = static_cast<double>(chip.tile.macs_per_cycle());
  for (const int columns : kColumns) {
    int lanes = 0;
    switch (kind) {
      case TwinKind::equal_area:
        lanes = nearest_lanes(arrays_area, chip, table, columns);
        break;
      case TwinKind::equal_lanes:
        lanes = static_cast<int>(cells) / columns;
        break;
      case TwinKind::equal_density:
        lanes = static_cast<int>(std::lround(fmas_of_equal_density(chip) / columns));
        break;
      case TwinKind::equal_power:
        lanes = nearest_lanes(arrays_pj_per_cycle, chip, table, columns);
        break;
    }
    candidates.push_back(fp16_twin(chip, std::max(1, lanes), columns));
  }
  if (kind == TwinKind::equal_density) keep_equal_density(candidates, chip);
  return candidates;
}

}  // namespace nibble
