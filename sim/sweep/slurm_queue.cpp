#include "sim/sweep/slurm_queue.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <wordexp.h>

#include "sim/base/bad_input.h"
#include "sim/sweep/program_output.h"

namespace nibble {
namespace {

constexpr const char* kNeeds =
    "--executor slurm needs Slurm's commands in PATH; --shard K/N runs parts of a sweep without";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

/// What a command complains of, in one line: "sbatch: error: no such partition" without its head.
std::string words_of(const ProgramOutput& said) {
  std::vector<std::string> words;
  for (const std::string& line : lines_of(said.err)) {
    std::size_t begin = 0;
    for (const char* head : {"sbatch: ", "squeue: ", "scancel: ", "error: ", "fatal: "}) {
      if (line.compare(begin, std::string(head).size(), head) == 0)
        begin += std::string(head).size();
    }
    words.push_back(line.substr(begin));
  }
  if (words.empty()) return fmt::format("exit code {}", said.exit_code);
  return fmt::format("{}", fmt::join(words, "; "));
}

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

/// Throws BadInput if there is no such program.
ProgramOutput run_slurm(const std::vector<std::string>& words) {
  try {
    return run_program(words);
  } catch (const std::system_error& error) {
    throw bad_file(words.front(), system_fault("cannot be started", error.code().value()), kNeeds);
  }
}

BadInput refused(const ProgramOutput& said) {
  return bad_file("sbatch", fmt::format("refused the job ({})", words_of(said)),
                  "--sbatch-args is where partition, account, time and memory are asked for");
}

}  // namespace

bool SlurmTask::has_ended() const {
  constexpr std::array kEnded = {"COMPLETED",     "FAILED",    "CANCELLED", "TIMEOUT",
                                 "NODE_FAIL",     "PREEMPTED", "BOOT_FAIL", "DEADLINE",
                                 "OUT_OF_MEMORY", "REVOKED"};
  return std::find(kEnded.begin(), kEnded.end(), state) != kEnded.end();
}

bool SlurmTask::is_waiting() const {
  constexpr std::array kWaiting = {"PENDING",      "CONFIGURING", "REQUEUED",
                                   "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT"};
  return std::find(kWaiting.begin(), kWaiting.end(), state) != kWaiting.end();
}

SlurmQueue::SlurmQueue(std::string job_name) : name_(std::move(job_name)) {
  const ProgramOutput said = run_slurm({"sbatch", "--version"});
  if (said.exit_code != 0) {
    throw bad_file("sbatch", fmt::format("does not work ({})", words_of(said)), kNeeds);
  }
}

std::vector<SlurmTask> SlurmQueue::tasks() const {
  const ProgramOutput said = run_slurm({"squeue", "--noheader", "--array", "--states=all",
                                        "--name=" + name_, "--format=%F|%K|%T|%r"});
  if (said.exit_code != 0) throw SlurmSilent("squeue: " + words_of(said));
  std::vector<SlurmTask> tasks;
  for (const std::string& line : lines_of(said.out)) {
    const std::vector<std::string> parts = split(line, '|');
    if (parts.size() < 4) throw SlurmSilent("squeue: " + line);
    tasks.push_back(
        {parts[0], parts[0] + "_" + parts[1], parts[2], parts[3] == "None" ? "" : parts[3]});
  }
  return tasks;
}

SlurmTask SlurmQueue::forgotten(SlurmTask task) {
  task.state = "FAILED";
  task.reason = "Slurm has forgotten how";
  try {
    const ProgramOutput said = run_program({"sacct", "--noheader", "--allocations", "--parsable2",
                                            "--jobs=" + task.id, "--format=State%20,ExitCode"});
    const std::vector<std::string> lines = lines_of(said.out);
    if (said.exit_code != 0 || lines.empty()) return task;
    const std::string& line = lines.back();
    const std::size_t bar = std::min(line.find('|'), line.size());
    SlurmTask accounted = task;
    accounted.state = line.substr(0, std::min(line.find(' '), bar));  // CANCELLED by 1000
    accounted.reason = bar < line.size() ? "exit code " + line.substr(bar + 1) : "";
    // Of a task that the queue has forgotten no other state can be waited for.
    if (accounted.has_ended()) return accounted;
  } catch (const std::system_error&) {  // a cluster without accounting may lack the command
  }
  return task;
}

std::string SlurmQueue::submit(const std::vector<std::string>& arguments,
                               const std::vector<std::int64_t>& indices, const std::string& script,
                               const std::string& argument) const {
  std::vector<std::string> words{"sbatch"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  // Behind the user's: without these the sweep would not find its tasks again.
  words.insert(words.end(), {"--parsable", "--job-name=" + name_, "--array=" + index_list(indices),
                             script, argument});
  const ProgramOutput said = run_slurm(words);
  const std::vector<std::string> lines = lines_of(said.out);
  if (said.exit_code != 0 || lines.empty()) throw refused(said);
  return split(lines.back(), ';').front();  // 12;cluster
}

void SlurmQueue::try_out(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"sbatch"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--test-only", "--wrap=true"});
  const ProgramOutput said = run_slurm(words);
  if (said.exit_code != 0) throw refused(said);
}

std::string SlurmQueue::cancel() const {
  const ProgramOutput said = run_slurm({"scancel", "--name=" + name_});
  return said.exit_code == 0 ? "" : words_of(said);
}

std::int64_t SlurmQueue::last_index() {
  constexpr std::int64_t kSlurmsDefault = 1000;
  const ProgramOutput said = run_slurm({"scontrol", "show", "config"});
  for (const std::string& line : lines_of(said.out)) {
    if (line.rfind("MaxArraySize", 0) != 0) continue;
    const std::string value = line.substr(std::min(line.size(), line.find("= ") + 2));
    std::int64_t size = 0;
    std::from_chars(value.data(), value.data() + value.size(), size);
    if (size > 1) return size - 1;
  }
  return kSlurmsDefault;
}

std::string index_list(const std::vector<std::int64_t>& indices) {
  std::string list;
  for (std::size_t begin = 0, end = 0; begin < indices.size(); begin = end) {
    for (end = begin + 1; end < indices.size() && indices[end] == indices[end - 1] + 1;) ++end;
    list += (list.empty() ? "" : ",") + std::to_string(indices[begin]);
    if (end - begin > 1) list += "-" + std::to_string(indices[end - 1]);
  }
  return list;
}

std::vector<std::string> sbatch_words(const std::string& text) {
  wordexp_t found{};
  const int fault = wordexp(text.c_str(), &found, WRDE_NOCMD | WRDE_UNDEF);
  if (fault != 0) {
    if (fault == WRDE_NOSPACE) wordfree(&found);
    throw bad_file("--sbatch-args " + text, "is nothing that a shell would take for words",
                   "allowed are options of sbatch, such as \"--partition=short --time=1:00:00\"");
  }
  std::vector<std::string> words(found.we_wordv, found.we_wordv + found.we_wordc);
  wordfree(&found);
  return words;
}

}  // namespace nibble
