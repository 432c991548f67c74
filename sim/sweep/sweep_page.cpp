#include "sim/sweep/sweep_page.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/report/text_layout.h"
#include "sim/sweep/constraints.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/objectives.h"
#include "sim/sweep/pareto.h"
#include "sim/sweep/point_command.h"
#include "sim/sweep/search_page.h"
#include "sim/sweep/shell_word.h"
#include "sim/sweep/text_table.h"

namespace nibble {
namespace {

constexpr std::size_t kFrontLines = 20, kFaultLines = 5;

/// A good point, as a line of the table.
struct Row {
  std::int64_t number = 0;
  Point settings;
  std::vector<double> goals;  // of the objectives, the larger the better
};

/// Points that failed alike.
struct Failure {
  std::string fault;
  std::int64_t first = 0, points = 0;
};

/// What a sweep's points have come to.
struct Tally {
  std::int64_t good = 0, failed = 0;
  std::int64_t outside = 0;    // of the good: simulated by a search, but outside a bound
  std::vector<Row> rows;       // that may be on the front
  std::set<std::string> keys;  // of different configurations
  std::vector<Failure> failures;
};

Tally tally_of(const Sweep& sweep, const PointDatabase& database) {
  Tally tally;
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    if (!point.is_finished) return;
    tally.keys.insert(point.key);
    const std::string& fault = point.finished.fault;
    if (fault.empty()) {
      ++tally.good;
      const Json& result = point.finished.result;
      if (!broken(sweep.constraints, result).empty()) ++tally.outside;
      std::vector<double> goals = goals_within(sweep, result);
      if (!goals.empty()) tally.rows.push_back({point.number, point.settings, std::move(goals)});
      return;
    }
    ++tally.failed;
    const auto alike = std::find_if(tally.failures.begin(), tally.failures.end(),
                                    [&](const Failure& at) { return at.fault == fault; });
    if (alike != tally.failures.end()) {
      ++alike->points;
    } else {
      tally.failures.push_back({fault, point.number, 1});
    }
  });
  return tally;
}

std::string last_step(const std::string& key) { return key.substr(key.rfind('.') + 1); }

/// Headings: the last step of each key, or the whole where two would be alike.
std::vector<std::string> short_names(const Point& settings) {
  std::vector<std::string> names;
  for (const auto& [key, value] : settings) {
    const std::string name = last_step(key);
    const auto is_like = [&, of = &key](const Setting& other) {
      return &other.first != of && last_step(other.first) == name;
    };
    const bool alone = std::none_of(settings.begin(), settings.end(), is_like);
    names.push_back(alone ? name : key);
  }
  return names;
}

/// What prints the command of point N. Only its results know the numbers of a search.
std::string any_command(const Sweep& sweep, const PointDatabase& database) {
  std::string command = "nibblesim sweep " + shell_word(sweep.file);
  if (sweep.search) {
    const auto folder = std::filesystem::path(database.file()).parent_path();
    command += " -o " + shell_word(folder.string());
  }
  return command + " --command N";
}

std::string front_text(const Sweep& sweep, const Tally& tally, const PointDatabase& database) {
  const std::vector<Row>& rows = tally.rows;
  std::vector<std::vector<double>> goals;
  goals.reserve(rows.size());
  for (const Row& row : rows) goals.push_back(row.goals);
  std::vector<std::size_t> front = pareto_front(goals);
  std::sort(front.begin(), front.end(),
            [&](std::size_t a, std::size_t b) { return goals[a] > goals[b]; });

  std::vector<std::vector<std::string>> lines{{"point"}};
  for (const Objective& objective : sweep.objectives) lines[0].push_back(objective.key);
  for (const std::string& name : short_names(rows.front().settings)) lines[0].push_back(name);
  for (std::size_t i = 0; i < std::min(front.size(), kFrontLines); ++i) {
    const Row& row = rows[front[i]];
    std::vector<std::string>& line = lines.emplace_back();
    line.push_back(std::to_string(row.number));
    for (std::size_t goal = 0; goal < row.goals.size(); ++goal) {
      const bool maximise = sweep.objectives[goal].maximise;
      line.push_back(
          figure_text(sweep.objectives[goal].key, maximise ? row.goals[goal] : -row.goals[goal]));
    }
    for (const auto& [key, value] : row.settings) line.push_back(value);
  }
  const std::string heading = sweep.objectives.size() == 1
                                  ? "The best"
                                  : fmt::format("Pareto front: {} of {} points{}",
                                                grouped(static_cast<long long>(front.size())),
                                                grouped(static_cast<long long>(rows.size())),
                                                tally.outside > 0 ? " within the constraints" : "");
  std::string text =
      "\n" + heading + "\n" + std::string(heading.size(), '-') + "\n" + text_table(lines);
  if (front.size() > kFrontLines) {
    text += fmt::format("  and {} more: points.csv\n", front.size() - kFrontLines);
  }
  const Row& first = rows[front.front()];
  return text + fmt::format("\nPoint {} alone (another, N: {})\n  {}\n", first.number,
                            any_command(sweep, database), point_command(sweep, first.settings));
}

/// Whole: what is wrong and what is allowed stand at different ends of a fault.
std::string failures_text(const std::vector<Failure>& failures) {
  if (failures.empty()) return "";
  std::string text = "\nFailed\n------\n";
  for (std::size_t i = 0; i < std::min(failures.size(), kFaultLines); ++i) {
    const auto& [fault, first, points] = failures[i];
    const std::string where = points == 1 ? fmt::format("point {}", first)
                                          : fmt::format("{} points, the first {}", points, first);
    text += fmt::format("  {}: {}\n", where, fault);
  }
  if (failures.size() > kFaultLines) {
    text += fmt::format("  and {} other faults: points.csv\n", failures.size() - kFaultLines);
  }
  return text;
}

}  // namespace

std::string sweep_page(const Sweep& sweep, const SweepOutcome& outcome,
                       const PointDatabase& database) {
  const Tally tally = tally_of(sweep, database);
  std::string text = fmt::format("NibbleSim | sweep {}\n{} points: {} good, {} failed; {} run now",
                                 sweep.name, grouped(outcome.points), grouped(tally.good),
                                 grouped(tally.failed), grouped(outcome.run));
  const auto different = static_cast<std::int64_t>(tally.keys.size());
  if (different < outcome.points) text += fmt::format("; {} are different", grouped(different));
  if (outcome.excluded > 0) {
    text += fmt::format("; {} more are outside the constraints", grouped(outcome.excluded));
  }
  text += "\n";
  if (outcome.search) text += search_text(sweep, *outcome.search);
  if (!tally.rows.empty() && !sweep.objectives.empty()) text += front_text(sweep, tally, database);
  return text + failures_text(tally.failures);
}

}  // namespace nibble
