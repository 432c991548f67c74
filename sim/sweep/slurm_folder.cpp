#include "sim/sweep/slurm_folder.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "sim/base/atomic_file.h"

namespace nibble {

void SlurmFolder::create() const { (void)create_output_directory(folder_); }

std::string SlurmFolder::job_name() const {
  std::ifstream file(folder_ + "job_name");
  std::string name;
  std::getline(file, name);
  return name;
}

std::string SlurmFolder::make_job_name(const std::string& sweep) const {
  std::string name = job_name();
  if (!name.empty()) return name;
  name = fmt::format("{}-{:08x}", sweep, std::random_device()());
  const auto is_special = [](unsigned char letter) {  // squeue takes a comma for two names
    return std::isalnum(letter) == 0 && letter != '_';
  };
  std::replace_if(name.begin(), name.end(), is_special, '-');
  write_file(folder_ + "job_name", name + "\n");
  return name;
}

std::string SlurmFolder::log_pattern() const {
  std::string pattern;
  for (const char letter : folder_) {
    if (letter == '%') pattern += '%';  // one alone means something to sbatch
    pattern += letter;
  }
  return pattern + "%A_%a.log";
}

std::string SlurmFolder::last_words(const std::string& task_id) const {
  std::ifstream log(folder_ + task_id + ".log");
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace nibble
