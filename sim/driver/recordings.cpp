#include "sim/driver/recordings.h"

#include <filesystem>
#include <stdexcept>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

void check_alone(const char* option, bool is_given, const char* needed) {
  if (!is_given) return;
  throw BadInput({option, 0, 0}, "", "says nothing alone",
                 std::string("allowed beside ") + needed + " FILE");
}

void check_waves(const WaveChoice& waves, const Experiment& experiment, const Workload& workload) {
  if (experiment.engine != Engine::rtl) {
    throw BadInput({"--waves", 0, 0}, "",
                   std::string("engine ") + engine_name(experiment.engine) + " has no signals",
                   "allowed with engine rtl");
  }
  constexpr const char* kEnding = ".fst";
  if (std::filesystem::path(waves.file).extension() != kEnding) {
    throw BadInput({"--waves", 0, 0}, "", waves.file + " is no name of an FST file",
                   std::string("allowed are names that end in ") + kEnding);
  }
  check_wave_stage(workload, waves);
}

}  // namespace

Recordings::Recordings(const TimelineChoice& timeline, const WaveChoice& waves,
                       const Experiment& experiment)
    : wave_choice_(waves) {
  const bool has_timeline = !timeline.file.empty();
  check_alone("--timeline-window", !has_timeline && !timeline.window.empty(), "--timeline");
  check_alone("--timeline-events", !has_timeline && timeline.events, "--timeline");
  const bool has_waves = !waves.file.empty();
  check_alone("--waves-stage", !has_waves && !waves.stage.empty(), "--waves");
  check_alone("--waves-command", !has_waves && waves.command, "--waves");
  if (!has_timeline && !has_waves) return;
  const Workload workload =
      workload_for({experiment, experiment.chip, experiment.batch, experiment.training});
  if (has_waves) check_waves(waves, experiment, workload);
  if (has_timeline) timeline_file_.emplace(timeline, experiment, workload);
  if (has_waves) wave_file_.emplace(waves.file);
}

std::optional<TimelineRequest> Recordings::timeline_request() const {
  if (!timeline_file_) return std::nullopt;
  return timeline_file_->request();
}

Observers Recordings::observers(const Program& program, const ChipConfig& chip) {
  Observers observers;
  if (timeline_file_) {
    timeline_.emplace(chip, timeline_file_->request().options);
    observers.timeline = &*timeline_;
  }
  if (wave_file_) {
    waves_.emplace(program, chosen_command(program, wave_choice_), chip, wave_file_->path());
    observers.waves = &*waves_;
  }
  return observers;
}

void Recordings::finish() {
  if (timeline_) note_timeline(write_timeline(*timeline_, timeline_file_->request()));
  if (!waves_) return;
  if (!waves_->fault().empty()) {
    throw bad_file(wave_choice_.file, waves_->fault(), "allowed is a directory with space left");
  }
  notes_.push_back(wave_choice_.file + ": " + waves_->text());
}

void Recordings::note_timeline(const std::string& left_out) {
  if (!left_out.empty()) notes_.push_back(timeline_file_->file().target() + ": " + left_out);
}

void Recordings::flush() {
  if (timeline_file_) timeline_file_->file().flush();
  if (wave_file_) wave_file_->flush();
}

void Recordings::put_in_place() {
  if (timeline_file_) timeline_file_->file().put_in_place();
  if (wave_file_) wave_file_->put_in_place();
}

}  // namespace nibble
