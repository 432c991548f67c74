#include "tools/train/step_arguments.h"

#include <algorithm>
#include <cstring>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr std::size_t kMostDigits = 18;  // of any number of 64 bits

/// Nothing unless it is digits, few enough for 64 bits.
std::optional<std::int64_t> parse_number(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= kMostDigits &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return std::nullopt;
  return std::stoll(text);
}

std::optional<std::int64_t> parse_step(const std::string& text) {
  return text == "last" ? -1 : parse_number(text);
}

}  // namespace

std::optional<std::int64_t> parse_trace_step(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::optional<std::int64_t> step = parse_step(text);
  if (!step) {
    throw BadInput({"--trace-step", 0, 0}, "", "\"" + text + "\" is no step",
                   "allowed are last and numbers from 0");
  }
  return step;
}

GradientSteps parse_gradient_steps(const std::string& text) {
  constexpr const char* kEvery = "every:";
  const auto fault = [](const std::string& part, const char* what) {
    return BadInput({"--gradient-steps", 0, 0}, "", "\"" + part + "\" is no " + what,
                    "allowed are every:N with N from 1, or last and numbers from 0 with commas");
  };
  GradientSteps chosen;
  if (text.rfind(kEvery, 0) == 0) {
    chosen.every = parse_number(text.substr(std::strlen(kEvery))).value_or(0);
    if (chosen.every == 0) throw fault(text, "choice of steps");
    return chosen;
  }
  std::size_t begin = 0;
  while (!text.empty() && begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::optional<std::int64_t> step = parse_step(part);
    if (!step) throw fault(part, "step");
    chosen.steps.push_back(*step);
    begin = end + 1;
  }
  return chosen;
}

}  // namespace nibble
