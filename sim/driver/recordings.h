// Files that are written while the chip runs, besides its results.
#pragma once

#include <optional>
#include <string>

#include "sim/driver/chip_simulation.h"
#include "sim/driver/timeline_output.h"

namespace nibble {

struct Recordings {
  std::optional<TimelineOutput> timeline;
  std::string timeline_left_out;  // afterwards: what it lacks

  Recordings(const TimelineChoice& choice, const Experiment& experiment) {
    if (choice.file.empty()) return;
    timeline.emplace(
        choice, experiment,
        workload_for({experiment, experiment.chip, experiment.batch, experiment.training}));
  }
  [[nodiscard]] std::optional<TimelineRequest> timeline_request() const {
    if (!timeline) return std::nullopt;
    return timeline->request();
  }
  void flush() {
    if (timeline) timeline->file().flush();
  }
  void put_in_place() {
    if (timeline) timeline->file().put_in_place();
  }
};

}  // namespace nibble
