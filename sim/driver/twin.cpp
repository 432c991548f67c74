#include "sim/driver/twin.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "sim/base/bad_input.h"
#include "sim/driver/chip_simulation.h"
#include "sim/energy/area.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

constexpr int kColumns[] = {8, 16, 32, 64};
constexpr int kMostLanes = 4096;
constexpr std::size_t kFinalists = 2;  // simulated in full

double arrays_area(const ChipConfig& chip, const EnergyTable& table) {
  const AreaReport area = area_of(chip, table);
  return area.tile + area.fp16_tile;
}

/// What a twin and its chip are to have as much of; grows with the lanes.
using Measure = double (*)(const ChipConfig&, const EnergyTable&);

/// The lanes that bring a twin nearest to the chip, by bisection.
int nearest_lanes(Measure measure, const Experiment& experiment, int columns) {
  const double wanted = measure(experiment.chip, experiment.energy);
  const auto excess = [&](int lanes) {
    return measure(fp16_twin(experiment.chip, lanes, columns), experiment.energy) - wanted;
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

std::vector<ChipConfig> twin_candidates(const Experiment& experiment) {
  std::vector<ChipConfig> candidates;
  const auto cells = static_cast<double>(experiment.chip.tile.macs_per_cycle());
  for (const int columns : kColumns) {
    int lanes = 0;
    switch (*experiment.twin) {
      case TwinKind::equal_area:
        lanes = nearest_lanes(arrays_area, experiment, columns);
        break;
      case TwinKind::equal_lanes:
        lanes = static_cast<int>(cells) / columns;
        break;
      case TwinKind::equal_density:
        lanes = static_cast<int>(std::lround(fmas_of_equal_density(experiment.chip) / columns));
        break;
      case TwinKind::equal_power:
        lanes = nearest_lanes(arrays_pj_per_cycle, experiment, columns);
        break;
    }
    candidates.push_back(fp16_twin(experiment.chip, std::max(1, lanes), columns));
  }
  if (experiment.twin == TwinKind::equal_density) keep_equal_density(candidates, experiment.chip);
  return candidates;
}

RunningStep TwinSearch::start(const ChipConfig& chip) const {
  return {SimulationRequest{experiment_, chip, experiment_.batch, experiment_.training, memo_},
          StepOptions{}};
}

std::vector<ChosenTwin> TwinSearch::by_speed(std::vector<Entry> entries) const {
  std::vector<ChosenTwin> able;
  std::optional<BadInput> fault;
  for (Entry& entry : entries) {
    try {
      able.push_back({entry.chip, entry.run.result()});
    } catch (const BadInput& unable) {
      fault = unable;
    }
  }
  if (able.empty()) throw BadInput({experiment_.file, 0, 0}, "the FP16 twin", fault->fault());
  const auto cycles = [](const ChosenTwin& twin) {
    return twin.step.report.at("cycles").get<Cycles>();
  };
  std::stable_sort(able.begin(), able.end(),
                   [&](const ChosenTwin& a, const ChosenTwin& b) { return cycles(a) < cycles(b); });
  return able;
}

TwinSearch::TwinSearch(const Experiment& experiment, StageMemo* memo)
    : experiment_(experiment), memo_(memo) {
  for (const ChipConfig& candidate : twin_candidates(experiment)) {
    ChipConfig fast = candidate;
    fast.ideal_dram = true;
    fast.ideal_ring = true;
    ranking_.push_back({candidate, start(fast)});
  }
}

ChosenTwin TwinSearch::result() {
  std::vector<Entry> finalists;
  for (const ChosenTwin& ranked : by_speed(std::exchange(ranking_, {}))) {
    if (finalists.size() == kFinalists) break;
    finalists.push_back({ranked.chip, start(ranked.chip)});
  }
  return by_speed(std::move(finalists)).front();
}

}  // namespace nibble
