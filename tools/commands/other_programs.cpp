#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/bad_input.h"
#include "tools/commands/commands.h"

namespace nibble {
namespace {

/// Goes on as another program with these arguments.
[[noreturn]] void become(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw bad_file(program.string(), system_fault("cannot be started", errno));
}

/// `nibblesim train ...` is a program of its own, as it alone needs libtorch.
[[noreturn]] void run_trainer(const std::vector<std::string>& arguments) {
  const std::filesystem::path trainer =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "nibblesim-train";
  if (!std::filesystem::exists(trainer)) {
    throw bad_file("nibblesim train", "this build has no trainer",
                   "install the Debian package libtorch-dev and build again: "
                   "tools/quickstart --training does both");
  }
  become(trainer, arguments);
}

/// `nibblesim characterize ...` drives yosys, OpenSTA and Icarus from the source folder's scripts.
[[noreturn]] void run_characterize(const std::vector<std::string>& arguments) {
  const std::filesystem::path script = NIBBLE_SYNTH_FOLDER "/characterize";
  if (!std::filesystem::exists(script)) {
    throw bad_file("nibblesim characterize", "the source folder is gone",
                   fmt::format("{} is needed: synthesis starts from rtl/", script.string()));
  }
  become(script, arguments);
}

}  // namespace

void become_other_program(int argc, char** argv) {
  if (argc < 2) return;
  const std::vector<std::string> arguments(argv + 2, argv + argc);
  if (std::strcmp(argv[1], "train") == 0) run_trainer(arguments);
  if (std::strcmp(argv[1], "characterize") == 0) run_characterize(arguments);
}

void add_train(CLI::App& app, Job& /*job*/) {
  app.add_subcommand("train", "Train a network in the chip's arithmetic (see train --help)");
}

void add_characterize(CLI::App& app, Job& /*job*/) {
  app.add_subcommand("characterize",
                     "Synthesise the RTL for area and clock (see characterize --help)");
}

}  // namespace nibble
