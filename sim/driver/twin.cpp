#include "sim/driver/twin.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/base/bad_input.h"
#include "sim/driver/chip_simulation.h"

namespace nibble {
namespace {

constexpr std::size_t kFinalists = 2;  // simulated in full

}  // namespace

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
  for (const ChipConfig& candidate :
       twin_candidates(experiment.chip, experiment.energy, *experiment.twin)) {
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
