#include "sim/sweep/search_page.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "sim/report/text_layout.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/text_table.h"

namespace nibble {
namespace {

constexpr std::size_t kMostLines = 16;

/// Of all combinations of the axes' values; as a number that may exceed what a sweep may run.
double grid_points(const Sweep& sweep) {
  double points = 1;
  for (const Axis& axis : sweep.axes) points *= static_cast<double>(axis.values.size());
  return points;
}

std::string grid_text(double points) {
  constexpr double kReadable = 1e9;
  return points < kReadable ? grouped(static_cast<long long>(points))
                            : fmt::format("{:.3g}", points);
}

std::string corner_text(const Sweep& sweep, const std::vector<double>& goals) {
  std::string text;
  for (std::size_t i = 0; i < goals.size(); ++i) {
    const Objective& objective = sweep.objectives[i];
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", objective.key,
                        figure_text(objective.key, objective.maximise ? goals[i] : -goals[i]));
  }
  return text;
}

/// The first, the last, and evenly some between.
std::vector<std::size_t> shown(std::size_t generations) {
  std::vector<std::size_t> some;
  const std::size_t lines = std::min(generations, kMostLines);
  for (std::size_t i = 0; i < lines; ++i) {
    some.push_back(lines == 1 ? 0 : i * (generations - 1) / (lines - 1));
  }
  return some;
}

std::string generations_table(const std::vector<GenerationRecord>& generations) {
  std::vector<std::vector<std::string>> lines{
      {"generation", "asked", "points", "front", "hypervolume"}};
  for (const std::size_t i : shown(generations.size())) {
    const GenerationRecord& generation = generations[i];
    lines.push_back({std::to_string(i), grouped(generation.asked), grouped(generation.points),
                     grouped(generation.front), fmt::format("{:.4f}", generation.hypervolume)});
  }
  return text_table(lines);
}

/// The generation after which the front has not improved.
std::size_t last_growth(const std::vector<GenerationRecord>& generations) {
  constexpr double kRounding = 1e-12;
  std::size_t last = generations.size() - 1;
  const double end = generations.back().hypervolume;
  while (last > 0 && generations[last - 1].hypervolume >= end - kRounding) --last;
  return last;
}

}  // namespace

std::string search_text(const Sweep& sweep, const SearchRecord& record) {
  const Search& search = *sweep.search;
  std::string text = fmt::format("\nSearch\n------\nNSGA-II, population {}, seed {}",
                                 search.population, search.seed);
  if (record.generations.empty()) return text + ": no generation is complete\n";
  const GenerationRecord& end = record.generations.back();
  const double grid = grid_points(sweep);
  text += fmt::format(
      "; {} points asked for in {} generations, {} of them run: {:.3g} % of the "
      "grid's {}\n",
      grouped(end.asked), grouped(static_cast<long long>(record.generations.size())),
      grouped(end.points), 100 * static_cast<double>(end.points) / grid, grid_text(grid));
  text += generations_table(record.generations);
  if (record.best.empty()) return text + "no point fulfils the constraints\n";
  text += fmt::format(
      "hypervolume: share of the box from the worst found ({}: the reference point) to the best "
      "found "
      "({}) that the front dominates; it last grew in generation {}\n",
      corner_text(sweep, record.worst), corner_text(sweep, record.best),
      last_growth(record.generations));
  return text;
}

}  // namespace nibble
