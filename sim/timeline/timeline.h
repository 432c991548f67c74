// What every unit of a chip did when: collected from runs as they are simulated, in bounded memory,
// and written for Perfetto or chrome://tracing (sim/DESIGN.md section 6 says what is in the file).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/stats/run_statistics.h"
#include "sim/timeline/counter_bins.h"
#include "sim/timeline/slice_store.h"
#include "sim/timeline/timeline_window.h"
#include "sim/timeline/trace_event_file.h"

namespace nibble {

struct TimelineOptions {
  /// A slice is some 300 bytes in the file, a twelfth of it with gzip.
  static constexpr std::int64_t kMostSlices = 100'000;

  TimelineWindow window;
  std::int64_t most_slices = kMostSlices;  // of commands; stages and counters are not among them
};

class Timeline {
 public:
  using Json = TraceEventFile::Json;

  Timeline(const ChipConfig& chip, const TimelineOptions& options);

  /// A later part of the run, of any number of stages; their times count from where it has ended so
  /// far.
  void add(const Program& program, const ChipRun& run, const RunStatistics& statistics);

  /// `about`: what was run. Precondition: !is_empty(). Throws std::runtime_error with the reason if
  /// the file cannot be written.
  void write(const std::string& path, bool gzip, const Json& about) const;

  /// One line that says what the file leaves out; empty if it has everything.
  [[nodiscard]] std::string left_out() const;
  /// The window begins behind the run's end.
  [[nodiscard]] bool is_empty() const { return stages_.empty(); }
  /// Of the run so far.
  [[nodiscard]] Cycles cycles() const { return cycles_; }

 private:
  struct ShownStage {
    std::size_t index = 0;  // of the run
    Stage stage;
    StageStatistics statistics;  // times are the run's
  };
  void add_commands(std::vector<Slice> slices);
  void count(const Slice& slice);
  [[nodiscard]] Json about_file(const Json& about) const;
  void write_stages(TraceEventFile& file) const;
  void write_slices(TraceEventFile& file) const;
  void write_counters(TraceEventFile& file) const;
  [[nodiscard]] std::string name_of(const Slice& slice) const;

  ChipConfig chip_;
  TimelineOptions options_;
  SliceStore slices_;
  std::optional<CounterBins> counters_;  // from the first stage that is shown
  std::vector<ShownStage> stages_;
  Cycles cycles_ = 0;
  std::size_t stages_seen_ = 0;
  std::int64_t commands_seen_ = 0, commands_shown_ = 0;
};

}  // namespace nibble
