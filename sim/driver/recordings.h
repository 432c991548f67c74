// What a run writes down while it simulates, besides its results: a timeline, the waves of a
// command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/driver/chip_simulation.h"
#include "sim/driver/timeline_output.h"
#include "sim/driver/wave_recorder.h"

namespace nibble {

class Recordings {
 public:
  /// The files exist, empty and under temporary names, from here on. Throws BadInput for a window,
  /// a stage or an engine that cannot be, and for a file that cannot be written.
  Recordings(const TimelineChoice& timeline, const WaveChoice& waves, const Experiment& experiment);

  /// For the process that simulates by the engine timing; nothing if no timeline is asked for.
  [[nodiscard]] std::optional<TimelineRequest> timeline_request() const;

  /// Those who look on while the program, which outlives them, runs with values. Throws BadInput if
  /// it has not the command whose waves are asked for.
  [[nodiscard]] Observers observers(const Program& program, const ChipConfig& chip);
  /// After that run. Throws BadInput if a file cannot be written.
  void finish();

  /// Says something of the timeline, unless there is nothing to say.
  void note_timeline(const std::string& left_out);
  /// A line each, for standard error.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  void flush();
  /// After flush().
  void put_in_place();

 private:
  WaveChoice wave_choice_;
  std::optional<TimelineOutput> timeline_file_;
  std::optional<PendingFile> wave_file_;
  std::optional<Timeline> timeline_;
  std::optional<WaveRecorder> waves_;
  std::vector<std::string> notes_;
};

}  // namespace nibble
