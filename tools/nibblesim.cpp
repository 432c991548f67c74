// The command line: one subcommand a job, bad input answered by one line and exit code 2.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <system_error>
#include <systemc>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "sim/base/bad_input.h"
#include "tools/commands/commands.h"
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

// In the order of --help.
constexpr void (*kCommands[])(CLI::App&, nibble::Job&) = {
    nibble::add_run,           //
    nibble::add_sweep,         //
    nibble::add_compare,       //
    nibble::add_describe,      //
    nibble::add_report,        //
    nibble::add_validate,      //
    nibble::add_train,         //
    nibble::add_characterize,  //
    nibble::add_dram,          //
    nibble::add_import,
};

int dispatch(int argc, char** argv) {
  nibble::become_other_program(argc, argv);
  CLI::App app{"NibbleSim: 4-bit training on Verilog tiles inside a SystemC chip", "nibblesim"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version_line(), "What this program was built from");
  app.footer(kFooter);
  nibble::Job job;
  for (const auto add : kCommands) {
    add(app, job);
  }
  nibble::refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw nibble::usage_fault(app, error);
  }
  return job();
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
