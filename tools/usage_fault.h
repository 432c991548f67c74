// What is wrong with a command line, in the words of every other bad input.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/base/bad_input.h"

namespace nibble {

/// The fault that parsing found, told at the subcommand it belongs to, with what is allowed.
[[nodiscard]] BadInput usage_fault(const CLI::App& app, const CLI::ParseError& error);

/// No option of the application and its subcommands takes an empty value.
void refuse_empty_values(CLI::App& app);

}  // namespace nibble
