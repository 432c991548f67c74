#include "sim/driver/timeline_output.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/base/text_end.h"

namespace nibble {
namespace {

constexpr const char* kWindowOption = "--timeline-window";

TimelineOptions options_of(const TimelineChoice& choice, const Workload& workload) {
  TimelineOptions options;
  if (choice.events) options.most_slices = *choice.events;
  if (choice.window.empty()) return options;
  options.window = TimelineWindow(choice.window, kWindowOption);
  std::vector<std::string> names;
  for (const WorkloadStage& stage : workload.stages) {
    const std::string name = stage.layer + " " + pass_name(stage.pass);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  options.window.check_stages(names, kWindowOption);
  return options;
}

Timeline::Json about(const Experiment& experiment) {
  return {{"made_by", "nibblesim run --timeline"},
          {"experiment", experiment.name},
          {"network", experiment.network.name},
          {"engine", engine_name(experiment.engine)},
          {"mode", experiment.training ? "training" : "inference"},
          {"batch", experiment.batch}};
}

}  // namespace

TimelineOutput::TimelineOutput(const TimelineChoice& choice, const Experiment& experiment,
                               const Workload& workload)
    : options_(options_of(choice, workload)), about_(about(experiment)), file_(choice.file) {}

std::string write_timeline(const Timeline& timeline, const TimelineRequest& request) {
  if (timeline.is_empty()) {
    throw BadInput({kWindowOption, 0, 0}, "",
                   fmt::format("\"{}\" lies behind the run's end", request.options.window.text()),
                   fmt::format("allowed are cycles of 0:{}", timeline.cycles()));
  }
  try {
    timeline.write(request.path, ends_with(request.target, ".gz"), request.about);
  } catch (const std::runtime_error& fault) {
    throw bad_file(request.target, fault.what(), "allowed is a directory with space left");
  }
  return timeline.left_out();
}

}  // namespace nibble
