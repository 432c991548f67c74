#include "sim/sweep/axis_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

constexpr double kLargest = 1e15;  // whole numbers up to here are exact
/// The last step may miss the end by rounding.
constexpr double kSlack = 1e-9;

bool is_whole(const std::string& text) { return text.find_first_of(".eE") == std::string::npos; }

void add_or_throw(std::vector<double>& values, double value, const YamlMap& range) {
  if (values.size() >= static_cast<std::size_t>(kMostAxisValues)) {
    throw range.error("", "has more values", fmt::format("allowed are {}", kMostAxisValues));
  }
  values.push_back(value);
}

std::vector<double> by_step(const YamlMap& range, double from, double to) {
  const double step = range.number("step", std::numeric_limits<double>::min(), kLargest);
  std::vector<double> values;
  for (int i = 0; from + i * step <= to + kSlack * step; ++i) {
    add_or_throw(values, from + i * step, range);
  }
  return values;
}

std::vector<double> by_factor(const YamlMap& range, double from, double to) {
  const double factor = range.number("factor", 1 + 1e-6, kLargest);
  if (from <= 0) throw range.error("from", "is not positive", "allowed with factor is above 0");
  std::vector<double> values;
  double value = from;
  while (value <= to * (1 + kSlack)) {
    add_or_throw(values, value, range);
    value *= factor;
  }
  return values;
}

std::vector<double> by_number(const YamlMap& range, double from, double to) {
  const auto points = range.integer("points", 2, kMostAxisValues);
  enum class Scale { linear, log };
  const auto scale = range.one_of_or<Scale>("scale", Scale::linear,
                                            {{"linear", Scale::linear}, {"log", Scale::log}});
  if (scale == Scale::log && from <= 0) {
    throw range.error("from", "is not positive", "allowed with scale log is above 0");
  }
  std::vector<double> values;
  for (std::int64_t i = 0; i < points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points - 1);
    values.push_back(scale == Scale::log ? from * std::pow(to / from, share)
                                         : from + (to - from) * share);
  }
  values.back() = to;
  return values;
}

/// Before anything is read: a key that is misspelt looks as if it were missing.
void check_keys(const YamlMap& range) {
  const std::vector<std::string> known = {"from", "to", "step", "factor", "points", "scale"};
  for (const std::string& key : range.keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw range.error(key, unknown_fault("key", key, known), allowed_words(known));
  }
  const int ways = int{range.has("step")} + int{range.has("factor")} + int{range.has("points")};
  if (ways != 1) {
    throw range.error("", ways == 0 ? "has no steps" : "has steps of more than one kind",
                      "allowed is one of step, factor and points");
  }
}

}  // namespace

std::vector<std::string> axis_values(const YamlMap& range) {
  check_keys(range);
  const auto is_written_whole = [&](const char* key) {
    return !range.has(key) || is_whole(range.string(key));
  };
  const bool whole = is_written_whole("from") && is_written_whole("to") &&
                     is_written_whole("step") && is_written_whole("factor");
  const double from = range.number("from", -kLargest, kLargest);
  const double to = range.number("to", from, kLargest);
  std::vector<double> values;
  if (range.has("step")) {
    values = by_step(range, from, to);
  } else if (range.has("factor")) {
    values = by_factor(range, from, to);
  } else {
    values = by_number(range, from, to);
  }
  std::vector<std::string> texts;
  for (const double value : values) {
    std::string text = whole ? fmt::format("{:.0f}", value) : fmt::format("{:.10g}", value);
    if (texts.empty() || texts.back() != text) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace nibble
