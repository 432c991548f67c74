#include "tools/usage_fault.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

std::string quoted(const std::string& word) { return "\"" + word + "\""; }

/// "allowed run, validate": the subcommands of one that needs one.
std::string allowed_subcommands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* subcommand : app.get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + subcommand->get_name();
  }
  return "allowed " + names;
}

/// What stands before the first ": ", where CLI11 puts an option's name.
std::string option_of(const std::string& message) { return message.substr(0, message.find(": ")); }

/// The fault in one sentence. CLI11's own words serve where they are plain.
std::string fault_of(const CLI::ParseError& error) {
  std::string message = error.what();
  if (error.get_name() == "ArgumentMismatch") {
    const bool missing = message.find("missing") != std::string::npos;
    return option_of(message) + (missing ? " needs a value" : " is given more than once");
  }
  return message;
}

}  // namespace

BadInput usage_fault(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string command = app.get_name();
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  const std::string see = fmt::format("see {} --help", command);
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty()) {
    const bool has_set = at->get_option_no_throw("--set") != nullptr;
    for (const std::string& word : extras) {  // of a `--set a=1 b=2` what is meant
      if (!has_set || word.find('=') == std::string::npos || word[0] == '-') continue;
      return bad_file(command, quoted(word) + " is not expected",
                      "allowed is a --set of its own for each: --set " + word);
    }
    const std::string& word = extras.front();
    if (word[0] == '-') return bad_file(command, quoted(word) + " is no option", see);
    const bool needs_subcommand = at->get_require_subcommand_min() > 0;
    if (!needs_subcommand) return bad_file(command, quoted(word) + " is not expected", see);
    return bad_file(command, quoted(word) + " is no subcommand", allowed_subcommands(*at));
  }
  if (at->get_require_subcommand_min() > 0) {
    return bad_file(command, "a subcommand is required", allowed_subcommands(*at));
  }
  return bad_file(command, fault_of(error), see);
}

CLI::Validator whole_number(std::int64_t min, std::int64_t max) {
  const auto judge = [min, max](const std::string& text) -> std::string {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool whole = stop == end && error != std::errc::invalid_argument;
    if (whole && error == std::errc() && value >= min && value <= max) return "";
    return fmt::format("{} {}, allowed is a whole number from {} to {}", text,
                       whole ? "is out of range" : "is not a whole number", min, max);
  };
  return {judge, fmt::format("{} to {}", min, max)};
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto judge = [words](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    return unknown_fault("value " + text, text, words) + ", " + allowed_words(words);
  };
  return {judge, fmt::format("{}", fmt::join(words, ", "))};
}

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    option->check([](const std::string& value) { return value.empty() ? "is empty" : ""; });
  }
  for (CLI::App* subcommand : app.get_subcommands({})) refuse_empty_values(*subcommand);
}

}  // namespace nibble
