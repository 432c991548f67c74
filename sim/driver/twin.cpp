#include "sim/driver/twin.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sim/base/bad_input.h"
#include "sim/driver/chip_simulation.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

constexpr int kColumns[] = {8, 16, 32, 64};
constexpr int kMostLanes = 4096;

double arrays_area(const ChipConfig& chip, const EnergyTable& table) {
  const AreaReport area = area_of(chip, table);
  return area.tile + area.fp16_tile;
}

/// Area grows with the lanes, so the nearest is found by bisection.
int lanes_of_equal_area(const Experiment& experiment, int columns) {
  const double wanted = arrays_area(experiment.chip, experiment.energy);
  const auto excess = [&](int lanes) {
    return arrays_area(fp16_twin(experiment.chip, lanes, columns), experiment.energy) - wanted;
  };
  int low = 1;
  int high = kMostLanes;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (excess(middle) <= 0 ? low : high) = middle;
  }
  return std::abs(excess(low)) <= std::abs(excess(high)) ? low : high;
}

}  // namespace

std::vector<ChipConfig> twin_candidates(const Experiment& experiment) {
  std::vector<ChipConfig> candidates;
  const auto cells = static_cast<double>(experiment.chip.tile.macs_per_cycle());
  for (const int columns : kColumns) {
    int lanes = 0;
    switch (experiment.twin) {
      case TwinKind::equal_area:
        lanes = lanes_of_equal_area(experiment, columns);
        break;
      case TwinKind::equal_lanes:
        lanes = static_cast<int>(cells) / columns;
        break;
      case TwinKind::equal_density:
        lanes = static_cast<int>(std::lround(cells / experiment.chip.fp16_area_ratio / columns));
        break;
    }
    candidates.push_back(fp16_twin(experiment.chip, std::max(1, lanes), columns));
  }
  return candidates;
}

ChipConfig choose_twin(const Experiment& experiment) {
  std::optional<ChipConfig> best;
  std::optional<BadInput> fault;
  Cycles fewest = 0;
  for (const ChipConfig& candidate : twin_candidates(experiment)) {
    const SimulationRequest request{experiment, candidate, experiment.batch, experiment.training};
    try {
      const Json report = time_step(request, {}).report;
      const Cycles cycles = report.at("cycles").get<Cycles>();
      if (best && cycles >= fewest) continue;
      best = candidate;
      fewest = cycles;
    } catch (const BadInput& unable) {
      fault = unable;
    }
  }
  if (!best) throw BadInput({experiment.file, 0, 0}, "the FP16 twin", fault->fault());
  return *best;
}

}  // namespace nibble
