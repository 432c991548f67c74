// DIR/slurm: what a sweep and its Slurm tasks leave for each other and for people.
//
//   job_name    the name of all jobs of DIR
//   batch.sh    the script that was submitted last
//   12_3.log    what task 3 of job 12 printed
#pragma once

#include <string>

namespace nibble {

class SlurmFolder {
 public:
  /// `directory` is the sweep's, absolute.
  explicit SlurmFolder(const std::string& directory) : folder_(directory + "/slurm/") {}

  /// Creates the folder. Throws BadInput.
  void create() const;

  /// Empty if no job was ever submitted.
  [[nodiscard]] std::string job_name() const;
  /// Chosen at random once and kept: whatever ends this program, and from whichever machine it is
  /// started again, its jobs are found. Throws BadInput.
  [[nodiscard]] std::string make_job_name(const std::string& sweep) const;

  [[nodiscard]] std::string script() const { return folder_ + "batch.sh"; }
  /// The logs' names for sbatch --output.
  [[nodiscard]] std::string log_pattern() const;
  /// The last line that a task has printed; empty if it printed nothing.
  [[nodiscard]] std::string last_words(const std::string& task_id) const;

 private:
  std::string folder_;
};

}  // namespace nibble
