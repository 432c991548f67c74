#include "sim/driver/timed_chips.h"

#include "sim/driver/twin.h"
#include "sim/report/waterfall.h"

namespace nibble {
namespace {

/// A chip with ever more that takes no time, all by the mappings of the chip as it is. The
/// simulations run side by side until somebody asks for their reports.
class WhatIfRuns {
 public:
  WhatIfRuns(SimulationRequest request, StepOptions options, const MappingTable& mappings) {
    options.search = 0;
    options.mappings = mappings;
    request.chip.ideal_dram = true;
    runs_.emplace_back(request, options);
    if (request.chip.cores > 1 || request.chip.link.workers > 1) {
      request.chip.ideal_ring = true;
      runs_.emplace_back(request, options);
    }
    request.chip.ideal_sfu = true;
    runs_.emplace_back(request, options);
  }
  void wait() {
    for (RunningStep& run : runs_) reports_.push_back(run.result().report);
  }
  /// Precondition: wait(). Without a ring the run without it is the one before.
  [[nodiscard]] WaterfallRuns beside(const Json& real) const {
    return {real, reports_.front(), reports_[reports_.size() - 2], reports_.back()};
  }

 private:
  std::vector<RunningStep> runs_;
  std::vector<Json> reports_;
};

}  // namespace

TimedChips time_chips(const SimulationRequest& request, const StepOptions& step,
                      const std::optional<TimelineRequest>& timeline) {
  const Experiment& experiment = request.experiment;
  // One line on the terminal: of the chip's own simulation, which is the longest, and of a search
  // for the twin, which comes after it. None of one of many runs, which share a memo.
  const auto label = [&](const ChipConfig& chip) {
    return request.memo != nullptr ? "" : experiment.network.name + " on " + chip.name;
  };
  StepOptions shown = step;
  shown.progress = label(request.chip);
  RunningStep chip_run(request, shown, timeline);
  if (!experiment.twin) return {chip_run.result(), std::nullopt, std::nullopt};

  TwinSearch twin_search(experiment, request.memo);
  TimedChips timed{chip_run.result(), std::nullopt, std::nullopt};
  std::optional<WhatIfRuns> chip_what_ifs;
  if (experiment.waterfall) chip_what_ifs.emplace(request, step, timed.chip.mappings);
  ChosenTwin chosen = twin_search.result();
  SimulationRequest twin_request = request;
  twin_request.chip = chosen.chip;
  StepOptions twin_step = step;
  twin_step.mappings.clear();
  // The candidates ran by rule; only a search has something to add.
  if (step.search > 0) {
    shown = twin_step;
    shown.progress = label(chosen.chip);
    chosen.step = time_step(twin_request, shown);
  }
  timed.twin = std::move(chosen.step);
  if (!experiment.waterfall) return timed;

  WhatIfRuns twin_what_ifs(twin_request, twin_step, timed.twin->mappings);
  chip_what_ifs->wait();
  twin_what_ifs.wait();
  timed.waterfall = loss_waterfall(chip_what_ifs->beside(timed.chip.report),
                                   twin_what_ifs.beside(timed.twin->report),
                                   experiment.twin == TwinKind::equal_area);
  return timed;
}

}  // namespace nibble
