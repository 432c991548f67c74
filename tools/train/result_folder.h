// The folder of a training's results: checkpoint and curve while it runs, a trace as soon as it is
// captured, the rest at the end. What another training left there is removed as soon as the first
// file of this one is in place: all that lies there is of one training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/training/trainer.h"
#include "sim/base/atomic_file.h"
#include "tools/train/task_reader.h"

namespace nibble {

class ResultFolder {
 public:
  /// Creates it. Throws BadInput, as all that write here.
  explicit ResultFolder(std::string path);

  /// The checkpoint to go on from; the trace that was captured before it is kept for finish().
  /// Throws TraceError.
  [[nodiscard]] Checkpoint resume();
  [[nodiscard]] std::string checkpoint_path() const;

  void save(const Checkpoint& checkpoint, const std::string& curve);
  void save(const Trace& trace);
  /// What a training leaves at its end. A trace of it is written again: only now it is known what
  /// the training has reached.
  void finish(const TaskFile& file, const TrainingOptions& options, const TrainingResult& result);

  /// Removes the folder if it was created here and is still empty.
  void leave_nothing() const noexcept;

 private:
  void write(const std::vector<OutputFile>& files);

  std::string path_;
  std::vector<std::string> created_;
  bool is_own_ = false;         // nothing there is of another training
  std::optional<Trace> trace_;  // captured so far
};

}  // namespace nibble
