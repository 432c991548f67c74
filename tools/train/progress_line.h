// What a training says: a few lines at its start, while it runs a line on the terminal that is
// drawn anew, or one now and then where there is none, and a line for each epoch.
#pragma once

#include <chrono>
#include <string>

#include "models/training/trainer.h"
#include "tools/train/task_reader.h"

namespace nibble {

/// A language model's loss is told as a perplexity, an image network by its accuracy.
[[nodiscard]] std::string quality_text(const TrainingTask& task, double loss,
                                       double accuracy_percent);

/// A line on standard output. A terminal that has gone is no fault: the training goes on.
void say(const std::string& text);

/// Three lines: what is trained, how, and where to; then warnings.
[[nodiscard]] std::string start_text(const TaskFile& file, const TrainingOptions& options,
                                     const TrainingPlan& plan, const std::string& folder);

/// "epoch 2 of 8, step 512 of 3744, loss 0.421, 85.20 %, 1520 images/s, 4:31 left".
[[nodiscard]] std::string step_text(const TrainingTask& task, const StepReport& report);

/// "epoch 2: train loss 0.3911, 86.02 %, validation loss 0.4011, 85.60 %, 31.2 s".
[[nodiscard]] std::string epoch_text(const TrainingTask& task, std::int64_t epoch,
                                     const EpochResult& result);

/// "trace of step 59: 14 operations, 21340 results replayed, 0 mismatches".
[[nodiscard]] std::string trace_text(const TraceSummary& trace);

/// Twice a second on the terminal that standard error is; if it is none, a line on standard output
/// after two seconds and then every twenty.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const TrainingTask& task, const StepReport& report);
  void clear();
  /// A line on standard output that stays.
  void print(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  Clock::time_point next_;
};

}  // namespace nibble
