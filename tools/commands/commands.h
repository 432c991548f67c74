// The subcommands of nibblesim, one file each: what they take and what they start.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace nibble {

/// What the command line asks for: set by the subcommand that was given. Returns the exit code.
using Job = std::function<int()>;

// Each adds a subcommand that sets `job`, which outlives the parsing.
void add_run(CLI::App& app, Job& job);
void add_sweep(CLI::App& app, Job& job);
void add_compare(CLI::App& app, Job& job);
void add_describe(CLI::App& app, Job& job);
void add_validate(CLI::App& app, Job& job);
void add_train(CLI::App& app, Job& job);
void add_characterize(CLI::App& app, Job& job);
void add_dram(CLI::App& app, Job& job);
void add_import(CLI::App& app, Job& job);
void add_report(CLI::App& app, Job& job);

/// `nibblesim train ...` and `characterize ...` are programs of their own, which read their
/// arguments themselves: goes on as the one that is named, or returns.
void become_other_program(int argc, char** argv);

}  // namespace nibble
