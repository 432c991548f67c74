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

/// FMAs that have the area of the 4-bit array's cells.
double fmas_of_equal_density(const ChipConfig& chip) {
  return static_cast<double>(chip.tile.macs_per_cycle()) / chip.fp16_area_ratio;
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

std::vector<ChipConfig> twin_candidates(const Experiment& experiment) {
  std::vector<ChipConfig> candidates;
  const auto cells = static_cast<double>(experiment.chip.tile.macs_per_cycle());
  for (const int columns : kColumns) {
    int lanes = 0;
    switch (*experiment.twin) {
      case TwinKind::equal_area:
        lanes = lanes_of_equal_area(experiment, columns);
        break;
      case TwinKind::equal_lanes:
        lanes = static_cast<int>(cells) / columns;
        break;
      case TwinKind::equal_density:
        lanes = static_cast<int>(std::lround(fmas_of_equal_density(experiment.chip) / columns));
        break;
    }
    candidates.push_back(fp16_twin(experiment.chip, std::max(1, lanes), columns));
  }
  if (experiment.twin == TwinKind::equal_density) keep_equal_density(candidates, experiment.chip);
  return candidates;
}

TwinSearch::TwinSearch(const Experiment& experiment)
    : experiment_(experiment), candidates_(twin_candidates(experiment)) {
  for (const ChipConfig& candidate : candidates_) {
    runs_.emplace_back(
        SimulationRequest{experiment, candidate, experiment.batch, experiment.training},
        StepOptions{});
  }
}

ChosenTwin TwinSearch::result() {
  std::optional<ChosenTwin> best;
  std::optional<BadInput> fault;
  const auto cycles = [](const TimedStep& step) { return step.report.at("cycles").get<Cycles>(); };
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    try {
      TimedStep step = runs_[i].result();
      if (best && cycles(step) >= cycles(best->step)) continue;
      best = ChosenTwin{candidates_[i], std::move(step)};
    } catch (const BadInput& unable) {
      fault = unable;
    }
  }
  if (!best) throw BadInput({experiment_.file, 0, 0}, "the FP16 twin", fault->fault());
  return *std::move(best);
}

}  // namespace nibble
