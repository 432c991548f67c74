// What is wrong with a command line, in the words of every other bad input.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "sim/base/bad_input.h"

namespace nibble {

/// The fault that parsing found, told at the subcommand it belongs to, with what is allowed.
[[nodiscard]] BadInput usage_fault(const CLI::App& app, const CLI::ParseError& error);

/// No option of the application and its subcommands takes an empty value.
void refuse_empty_values(CLI::App& app);

/// A check of an option's value. CLI11's own ranges wrap negative numbers around, or print 300
/// digits.
[[nodiscard]] CLI::Validator whole_number(std::int64_t min, std::int64_t max);
[[nodiscard]] CLI::Validator one_of(const std::vector<std::string>& words);

}  // namespace nibble
