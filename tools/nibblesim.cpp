// The command line: one subcommand a job, bad input answered by one line and exit code 2.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <systemc>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "sim/base/bad_input.h"
#include "sim/driver/run_command.h"

namespace {

constexpr int kBadInput = 2;
constexpr int kOwnFault = 3;

/// `nibblesim train ...` is a program of its own, as it alone needs libtorch.
int run_trainer(const std::vector<std::string>& arguments) {
  const std::filesystem::path trainer =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "nibblesim-train";
  if (!std::filesystem::exists(trainer)) {
    throw nibble::bad_file(
        "nibblesim train", "this build has no trainer",
        "install the Debian package libtorch-dev and build again (tools/test does)");
  }
  std::vector<std::string> words{trainer.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw nibble::bad_file(trainer.string(), nibble::system_fault("cannot be started", errno));
}

void add_run(CLI::App& app, nibble::RunOptions& options, std::string& engine) {
  CLI::App* run = app.add_subcommand("run", "Simulate an experiment and print its page");
  run->add_option("experiment", options.experiment_file, "configs/experiments/NAME.yaml")
      ->required();
  run->add_option("--engine", engine,
                  "rtl (Verilated tiles), model (same bits, SIMD) or timing (no values)");
  run->add_option("--set", options.sets,
                  "KEY=VALUE of the experiment, or chip.KEY=VALUE, network.KEY=VALUE")
      ->allow_extra_args(false);
  run->add_option("-o,--output", options.output_directory,
                  "folder for result.json, summary.txt and layers.csv");
  run->add_flag("--json", options.json, "print result.json instead of the page");
}

std::optional<nibble::Engine> parse_engine(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name == "rtl") return nibble::Engine::rtl;
  if (name == "model") return nibble::Engine::model;
  if (name == "timing") return nibble::Engine::timing;
  throw nibble::BadInput({"--engine", 0, 0}, "", fmt::format("\"{}\" is no engine", name),
                         "rtl, model, timing");
}

int dispatch(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "train") == 0) {
    return run_trainer({argv + 2, argv + argc});
  }
  CLI::App app{"NibbleSim: 4-bit training on Verilog tiles inside a SystemC chip"};
  app.require_subcommand(1);
  app.set_version_flag("--version", NIBBLE_VERSION);
  nibble::RunOptions run_options;
  std::string engine;
  add_run(app, run_options, engine);
  app.add_subcommand("train", "Train a network in the chip's arithmetic (see train --help)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw nibble::bad_file("nibblesim", error.what(), "see nibblesim --help");
  }
  run_options.engine = parse_engine(engine);
  return nibble::run_experiment(run_options);
}

}  // namespace

int main(int argc, char** argv) {
  // SystemC prints a banner before sc_main unless the environment forbids it.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const nibble::BadInput& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const nibble::TraceError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const nibble::DatasetError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "nibblesim: internal fault: {}\n", error.what());
    return kOwnFault;
  }
  return kBadInput;
}
