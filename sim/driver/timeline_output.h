// The file that `nibblesim run --timeline` writes: what is asked for, and the writing.
#pragma once

#include <optional>
#include <string>

#include "sim/base/atomic_file.h"
#include "sim/driver/experiment.h"
#include "sim/timeline/timeline.h"

namespace nibble {

/// What the command line says of a timeline.
struct TimelineChoice {
  std::string file;                    // empty: none; .gz at its end asks for gzip
  std::string window;                  // empty: the whole run
  std::optional<std::int64_t> events;  // at most, of commands
};

/// What the process that simulates needs to know.
struct TimelineRequest {
  std::string path, target;  // the temporary file, and what messages call it
  TimelineOptions options;
  Timeline::Json about;  // what is run
};

/// The file is there, empty, from the first: whoever cannot write it learns so at once.
class TimelineOutput {
 public:
  /// Throws BadInput for a window that is none, for one of stages that the workload has not, and if
  /// the file cannot be written.
  TimelineOutput(const TimelineChoice& choice, const Experiment& experiment,
                 const Workload& workload);

  [[nodiscard]] TimelineRequest request() const {
    return {file_.path(), file_.target(), options_, about_};
  }
  [[nodiscard]] PendingFile& file() { return file_; }

 private:
  TimelineOptions options_;
  Timeline::Json about_;
  PendingFile file_;
};

/// Returns Timeline::left_out. Throws BadInput if the file cannot be written or would show nothing.
[[nodiscard]] std::string write_timeline(const Timeline& timeline, const TimelineRequest& request);

}  // namespace nibble
