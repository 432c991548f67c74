// The command line: one subcommand a job, bad input answered by one line and exit code 2.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>
#include <system_error>
#include <systemc>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "sim/base/bad_input.h"
#include "sim/driver/dram_command.h"
#include "sim/driver/import_command.h"
#include "sim/driver/run_command.h"
#include "sim/driver/validate.h"
#include "tools/usage_fault.h"
#include "tools/version.h"

namespace {

constexpr int kBadInput = 2;
constexpr int kOwnFault = 3;  // or the system's

constexpr const char* kFooter =
    "Exit code: 0 good, 1 a check failed, 2 bad input, 3 a fault of the program or the system.\n"
    "Start with: nibblesim run configs/experiments/quickstart.yaml";

/// "nibblesim 0.1.0, commit 1234567890, SystemC 2.3.4, Verilator 5.006".
std::string version_line() {
  return fmt::format("{}, SystemC {}.{}.{}, Verilator {}", nibble::program_text(),
                     sc_core::sc_version_major, sc_core::sc_version_minor,
                     sc_core::sc_version_patch, nibble::verilator_version());
}

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
  throw nibble::bad_file(program.string(), nibble::system_fault("cannot be started", errno));
}

/// `nibblesim train ...` is a program of its own, as it alone needs libtorch.
[[noreturn]] void run_trainer(const std::vector<std::string>& arguments) {
  const std::filesystem::path trainer =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "nibblesim-train";
  if (!std::filesystem::exists(trainer)) {
    throw nibble::bad_file("nibblesim train", "this build has no trainer",
                           "install the Debian package libtorch-dev and build again: "
                           "tools/quickstart --training does both");
  }
  become(trainer, arguments);
}

/// `nibblesim characterize ...` drives yosys, OpenSTA and Icarus from the source folder's scripts.
[[noreturn]] void run_characterize(const std::vector<std::string>& arguments) {
  const std::filesystem::path script = NIBBLE_SYNTH_FOLDER "/characterize";
  if (!std::filesystem::exists(script)) {
    throw nibble::bad_file(
        "nibblesim characterize", "the source folder is gone",
        fmt::format("{} is needed: synthesis starts from rtl/", script.string()));
  }
  become(script, arguments);
}

struct Options {
  nibble::RunOptions run;
  std::string engine, sample;
  nibble::ValidateOptions validate;
  nibble::DramOptions dram;
  nibble::ImportCommandOptions import;
};

CLI::App* add_run(CLI::App& app, Options& options) {
  CLI::App* run = app.add_subcommand("run", "Simulate an experiment and print its page");
  run->add_option("experiment", options.run.experiment_file, "configs/experiments/NAME.yaml")
      ->required();
  run->add_option("--engine", options.engine,
                  "rtl (Verilated tiles), model (same bits, SIMD) or timing (no values)");
  run->add_option("--set", options.run.sets,
                  "Change a key of the experiment: batch=8, or of its parts: chip.KEY=VALUE, "
                  "network.KEY=VALUE; may repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  run->add_option("-o,--output", options.run.output_directory,
                  "folder for result.json, summary.txt and layers.csv; those of an earlier run are "
                  "replaced");
  run->add_flag("--check", options.run.check,
                "engine rtl without a trace: compare every result with the model's");
  run->add_option(
      "--sample", options.sample,
      "SHARE (1% or 0.01): run only that share of the tile commands through the RTL and "
      "compare them with the model; the others by the closed form");
  run->add_flag("--json", options.run.json, "print result.json instead of the page");
  return run;
}

CLI::App* add_validate(CLI::App& app, Options& options) {
  CLI::App* validate =
      app.add_subcommand("validate", "Check the RTL against reference math and exact arithmetic");
  validate->add_option("--seed", options.validate.seed, "of the random cases (default 1)")
      ->check(nibble::whole_number(0, std::numeric_limits<std::int64_t>::max()));
  validate->add_flag("--quick", options.validate.quick, "a twentieth of the random cases");
  validate->add_option("--vectors", options.validate.vectors_file,
                       "check the vectors of this CSV file instead");
  validate->footer(nibble::kValidateVectorsHelp);
  return validate;
}

CLI::App* add_dram(CLI::App& app, Options& options) {
  CLI::App* dram = app.add_subcommand("dram", "Run a memory trace on a DRAM preset alone");
  dram->add_option("trace", options.dram.trace_file,
                   "lines `R|W hex_address [cycle]`, 64 bytes a request")
      ->required();
  dram->add_option("--config", options.dram.config_file, "configs/dram/NAME.yaml")->required();
  dram->add_option("--set", options.dram.sets, "Change a key of that file; may repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  return dram;
}

CLI::App* add_import_format(CLI::App& import, nibble::ImportCommandOptions& options,
                            const std::string& format, const std::string& what) {
  CLI::App* command = import.add_subcommand(format, what);
  command->add_option("file", options.file, what)->required();
  command->add_option("-o,--output", options.output_file,
                      "NETWORK.yaml to write; without, the network is printed");
  command->add_option("--name", options.name, "of the network (default: the file's)");
  command->add_option(
      "--precision", options.precision,
      "of all layers but the first, the last and depthwise ones (default int4_fp4)");
  return command;
}

struct ImportCommands {
  CLI::App* onnx = nullptr;
  CLI::App* scalesim = nullptr;
};

ImportCommands add_import(CLI::App& app, nibble::ImportCommandOptions& options) {
  CLI::App* import =
      app.add_subcommand("import", "Make a configs/networks file of another program's");
  import->require_subcommand(1);
  ImportCommands commands;
  commands.onnx = add_import_format(*import, options, "onnx", "An ONNX file");
  commands.onnx->add_option("--dim", options.dims, "The size of a symbolic dimension; may repeat")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  commands.scalesim = add_import_format(*import, options, "scalesim",
                                        "A SCALE-Sim topology: convolutions or M,N,K");
  commands.scalesim->add_flag("--round-up", options.round_up,
                              "count a window that hangs over the edge whole, as SCALE-Sim does");
  return commands;
}

std::optional<nibble::Engine> parse_engine(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name == "rtl") return nibble::Engine::rtl;
  if (name == "model") return nibble::Engine::model;
  if (name == "timing") return nibble::Engine::timing;
  throw nibble::BadInput({"--engine", 0, 0}, "", fmt::format("\"{}\" is no engine", name),
                         "allowed rtl, model, timing");
}

/// "1%" or "0.01".
std::optional<double> parse_share(const std::string& text) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  double share = std::strtod(text.c_str(), &end);
  if (*end == '%') {
    share /= 100;
    ++end;
  }
  if (end == text.c_str() || *end != 0 || !(share > 0 && share <= 1)) {
    throw nibble::BadInput({"--sample", 0, 0}, "", fmt::format("\"{}\" is no share", text),
                           "allowed above 0 up to 1, or up to 100%");
  }
  return share;
}

int dispatch(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "train") == 0) run_trainer({argv + 2, argv + argc});
  if (argc > 1 && std::strcmp(argv[1], "characterize") == 0) {
    run_characterize({argv + 2, argv + argc});
  }
  CLI::App app{"NibbleSim: 4-bit training on Verilog tiles inside a SystemC chip", "nibblesim"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version_line(), "What this program was built from");
  app.footer(kFooter);
  Options options;
  const CLI::App* run = add_run(app, options);
  const CLI::App* validate = add_validate(app, options);
  app.add_subcommand("train", "Train a network in the chip's arithmetic (see train --help)");
  app.add_subcommand("characterize",
                     "Synthesise the RTL for area and clock (see characterize --help)");
  const CLI::App* dram = add_dram(app, options);
  const ImportCommands import = add_import(app, options.import);
  nibble::refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw nibble::usage_fault(app, error);
  }
  options.run.engine = parse_engine(options.engine);
  options.run.sample = parse_share(options.sample);
  if (run->parsed()) return nibble::run_experiment(options.run);
  if (validate->parsed()) return nibble::run_validate(options.validate);
  if (dram->parsed()) return nibble::run_dram(options.dram);
  if (import.onnx->parsed()) return nibble::run_import_onnx(options.import);
  if (import.scalesim->parsed()) return nibble::run_import_scalesim(options.import);
  return kBadInput;
}

/// What was printed has arrived: a full disk behind a redirection shows no sooner.
void check_output() {
  const bool arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.flush();
  if (!arrived) throw nibble::bad_file("standard output", "cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  // SystemC prints a banner before sc_main unless the environment forbids it.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char** argv) {
  try {
    const int code = dispatch(argc, argv);
    check_output();
    return code;
  } catch (const nibble::BadInput& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const nibble::TraceError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const nibble::DatasetError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const std::system_error& error) {
    const bool by_output = std::ferror(stdout) != 0;  // fmt::print's, of what it cannot write
    fmt::print(stderr, "nibblesim: {}\n", error.what());
    if (!by_output) return kOwnFault;  // a process, pipe or thread that the system refuses
  } catch (const std::exception& error) {
    fmt::print(stderr, "nibblesim: internal fault: {}\n", error.what());
    return kOwnFault;
  }
  return kBadInput;
}
