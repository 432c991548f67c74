// Slurm's commands, as far as a sweep needs them: sbatch, squeue, sacct, scancel, scontrol.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace nibble {

/// Slurm does not answer now, which may pass: its controller is restarted, or the network is down.
class SlurmSilent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A task of a job array, as Slurm names and sees it.
struct SlurmTask {
  std::string job, id;  // "12", "12_3"
  std::string state;    // RUNNING, TIMEOUT, ...: man squeue, JOB STATE CODES
  std::string reason;   // why it waits or has failed, in Slurm's words

  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool is_waiting() const;  // has not begun
};

/// All jobs of one name, whoever submitted them: a name finds them again where a number would have
/// been lost by whoever was killed before he wrote it down.
class SlurmQueue {
 public:
  /// Throws BadInput if Slurm's commands are missing or have no cluster.
  explicit SlurmQueue(std::string job_name);

  /// Tasks that wait or run, and those that ended a short while ago. Throws SlurmSilent.
  [[nodiscard]] std::vector<SlurmTask> tasks() const;

  /// How a task ended that squeue has forgotten, from the accounting if there is one.
  [[nodiscard]] static SlurmTask forgotten(SlurmTask task);

  /// Submits the script with one argument as an array of these indices. Returns the job's number.
  /// Throws BadInput with sbatch's words.
  [[nodiscard]] std::string submit(const std::vector<std::string>& arguments,
                                   const std::vector<std::int64_t>& indices,
                                   const std::string& script, const std::string& argument) const;

  /// Asks sbatch whether it would take a job with these arguments. Throws as submit().
  static void try_out(const std::vector<std::string>& arguments);

  /// Ends all that wait or run. Returns what scancel complains of; empty if it obeyed.
  [[nodiscard]] std::string cancel() const;

  /// The largest index that an array may have.
  [[nodiscard]] static std::int64_t last_index();

 private:
  std::string name_;
};

/// "1-3,7": as sbatch takes indices in order.
[[nodiscard]] std::string index_list(const std::vector<std::int64_t>& indices);

/// Arguments for sbatch in one text, as a shell splits them. Throws BadInput.
[[nodiscard]] std::vector<std::string> sbatch_words(const std::string& text);

}  // namespace nibble
