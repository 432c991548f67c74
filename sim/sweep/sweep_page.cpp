#include "sim/sweep/sweep_page.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/report/text_layout.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/pareto.h"

namespace nibble {
namespace {

constexpr std::size_t kFrontLines = 20, kFaultLines = 5;
constexpr std::size_t kSettingsWidth = 60, kFaultWidth = 90;

struct Row {
  std::int64_t number = 0;
  std::string settings;
  std::vector<double> objectives;  // the larger the better
};

std::string settings_text(const Point& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += (text.empty() ? "" : " ") + key + "=" + value;
  return text;
}

/// Nothing if the point lacks one of them.
std::optional<std::vector<double>> objectives_of(const Sweep& sweep, const Json& result) {
  std::vector<double> values;
  for (const Objective& objective : sweep.objectives) {
    const std::optional<double> value = figure(result, objective.key);
    if (!value) return std::nullopt;
    values.push_back(objective.maximise ? *value : -*value);
  }
  return values;
}

std::string row_text(const Sweep& sweep, const Row& row) {
  std::string text = fmt::format("  {:>7}", row.number);
  for (std::size_t i = 0; i < row.objectives.size(); ++i) {
    const double value = sweep.objectives[i].maximise ? row.objectives[i] : -row.objectives[i];
    text += fmt::format("  {:>{}.4g}", value,
                        std::max<std::size_t>(10, sweep.objectives[i].key.size()));
  }
  return text + "  " + shortened(row.settings, kSettingsWidth) + "\n";
}

std::string front_text(const Sweep& sweep, const std::vector<Row>& rows) {
  std::vector<std::vector<double>> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(row.objectives);
  std::vector<std::size_t> front = pareto_front(values);
  std::sort(front.begin(), front.end(),
            [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  std::string text = sweep.objectives.size() == 1
                         ? "\nThe best\n--------\n"
                         : fmt::format("\nPareto front: {} of {} points\n----------------\n",
                                       front.size(), rows.size());
  text += "    point";
  for (const Objective& objective : sweep.objectives)
    text += fmt::format("  {:>10}", objective.key);
  text += "\n";
  for (std::size_t i = 0; i < std::min(front.size(), kFrontLines); ++i) {
    text += row_text(sweep, rows[front[i]]);
  }
  if (front.size() > kFrontLines)
    text += fmt::format("  ... {} more\n", front.size() - kFrontLines);
  return text;
}

}  // namespace

std::string sweep_page(const Sweep& sweep, const SweepOutcome& outcome,
                       const PointDatabase& database) {
  std::int64_t good = 0, failed = 0;
  std::vector<Row> rows;
  std::string faults;
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    if (!point.is_finished) return;
    if (!point.finished.fault.empty()) {
      ++failed;
      if (failed <= static_cast<std::int64_t>(kFaultLines)) {
        faults += fmt::format("  {:>7}  {}\n", point.number,
                              shortened(point.finished.fault, kFaultWidth));
      }
      return;
    }
    ++good;
    const auto values = objectives_of(sweep, point.finished.result);
    if (values) rows.push_back({point.number, settings_text(point.settings), *values});
  });
  std::string text =
      fmt::format("NibbleSim | sweep {} | {} points: {} good, {} failed; {} run now", sweep.name,
                  grouped(outcome.points), grouped(good), grouped(failed), grouped(outcome.run));
  if (outcome.excluded > 0) {
    text += fmt::format("; {} more are outside the constraints", grouped(outcome.excluded));
  }
  text += "\n";
  if (!rows.empty() && !sweep.objectives.empty()) text += front_text(sweep, rows);
  if (failed > 0) text += "\nFailed\n------\n" + faults;
  if (failed > static_cast<std::int64_t>(kFaultLines)) {
    text += fmt::format("  ... {} more\n", failed - static_cast<std::int64_t>(kFaultLines));
  }
  return text;
}

}  // namespace nibble
