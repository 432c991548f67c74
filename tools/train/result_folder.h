// The folder of a training's results: checkpoint and curve while it runs, a trace as soon as it is
// captured, the rest at the end. What another training left there is removed as soon as the first
// file of this one is in place: all that lies there is of one training. One that is not finished is
// not replaced, and no two trainings write into one folder.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "models/training/trainer.h"
#include "sim/base/atomic_file.h"
#include "tools/train/task_reader.h"

namespace nibble {

[[nodiscard]] bool holds_checkpoint(const std::string& folder);

class ResultFolder {
 public:
  /// Creates it. `resumes`: what lies there is this training's own. Throws BadInput, as all that
  /// write here.
  ResultFolder(std::string path, bool resumes);
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  /// The checkpoint to go on from; the trace that was captured before it is kept for finish().
  /// Throws TraceError.
  [[nodiscard]] Checkpoint resume();
  [[nodiscard]] std::string checkpoint_path() const;

  /// Adds what is new of the curve to its file, which stays the same one: `tail -f` follows it.
  void grow_curve(const std::string& csv);
  void save(const Checkpoint& checkpoint);
  void save(const Trace& trace);
  /// What a training leaves at its end. A trace of it is written again: only now it is known what
  /// the training has reached.
  void finish(const TaskFile& file, const TrainingOptions& options, const TrainingResult& result);

  /// Those of a training's files that are there.
  [[nodiscard]] std::vector<std::string> files() const;

  /// Removes the folder if it was created here and is still empty.
  void leave_nothing() const noexcept;

 private:
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }
  void refuse_unfinished() const;
  void lock();
  void write(const std::vector<OutputFile>& files);
  void remove_of_others(const std::vector<std::string>& own);

  std::string path_;
  int lock_ = -1;
  std::vector<std::string> created_;
  bool is_own_ = false;         // nothing there is of another training
  std::optional<Trace> trace_;  // captured so far
  std::ofstream curve_;
  std::size_t curve_bytes_ = 0;
};

}  // namespace nibble
