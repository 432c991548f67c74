#include "sim/sweep/sweep_file.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "sim/config/part_file.h"
#include "sim/config/yaml_reader.h"
#include "sim/driver/experiment_parts.h"
#include "sim/sweep/axis_values.h"
#include "sim/sweep/design_space.h"

namespace nibble {
namespace {

constexpr std::int64_t kMostSampled = 1'000'000;
constexpr std::int64_t kMostPopulation = 1000, kMostGenerations = 1000;
constexpr double kMostCrossover = 0.999;  // the algorithm wants it below 1
/// NSGA-II tells points apart by domination, which few fail to have against many objectives.
constexpr std::size_t kLeastObjectives = 2, kMostObjectives = 4;

std::vector<std::string> texts_of(const YamlMap& map, const std::string& key) {
  const YamlList list = map.list(key);
  if (list.size() == 0) throw map.error(key, "has no values", "allowed is [VALUE, ...]");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list.size(); ++i) texts.push_back(list.string(i));
  return texts;
}

struct PlacedValues {
  std::vector<std::string> texts;
  std::vector<InputPlace> places;
};

/// A list of values, or a map of a range.
PlacedValues values_of(const YamlMap& axes, const std::string& key) {
  PlacedValues values;
  if (axes.is_list(key)) {
    values.texts = texts_of(axes, key);
    const YamlList list = axes.list(key);
    for (std::size_t i = 0; i < list.size(); ++i) values.places.push_back(list.place(i));
  } else if (axes.is_map(key)) {
    values.texts = axis_values(axes.map(key));
    values.places.assign(values.texts.size(), axes.place(key));
  } else {
    throw axes.error(key, "is neither a list nor a range",
                     "allowed are [VALUE, ...] and {from: A, to: B, step: C} (or factor, points)");
  }
  return values;
}

void read_set(const YamlMap& map, Sweep& sweep) {
  for (const std::string& key : map.keys()) {
    (void)parse_override(key + "=x");  // a key that --set would take
    sweep.set.emplace_back(key, map.string(key));
    sweep.set_places[key] = map.place(key);
  }
}

std::vector<Axis> read_axes(const YamlMap& axes) {
  std::vector<Axis> read;
  for (const std::string& key : axes.keys()) {
    PlacedValues values = values_of(axes, key);
    Axis axis{{key}, {}, axes.place(key), std::move(values.places)};
    for (std::string& value : values.texts) axis.values.push_back({std::move(value)});
    read.push_back(std::move(axis));
  }
  return read;
}

/// One axis of keys that change together.
Axis read_paired(const YamlMap& paired) {
  Axis axis;
  axis.place = paired.place();
  for (const std::string& key : paired.keys()) {
    PlacedValues placed = values_of(paired, key);
    const std::vector<std::string>& values = placed.texts;
    if (!axis.keys.empty() && values.size() != axis.values.size()) {
      throw paired.error(
          key, fmt::format("has {} values", values.size()),
          fmt::format("allowed are {}, as many as {} has", axis.values.size(), axis.keys.front()));
    }
    axis.values.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) axis.values[i].push_back(values[i]);
    if (axis.keys.empty()) axis.value_places = std::move(placed.places);
    axis.keys.push_back(key);
  }
  return axis;
}

Constraint read_constraint(const YamlMap& map) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kMost = std::numeric_limits<double>::max();
  Constraint constraint{map.string("key"), -kInfinity, kInfinity, map.place("key")};
  if (map.has("equal")) {
    const double value = map.number("equal", -kMost, kMost);
    const double within = map.number_or("within", 0.01, 0, 1) * std::abs(value);
    constraint.at_least = value - within;
    constraint.at_most = value + within;
    return constraint;
  }
  const bool is_above = map.has("at_least"), is_below = map.has("at_most");
  if (!is_above && !is_below) {
    map.finish();  // a key that is misspelt looks as if it were missing
    throw map.error("key", "is not bounded",
                    "allowed are at_least, at_most, and equal with within");
  }
  constraint.at_least = map.number_or("at_least", -kInfinity, -kMost, kMost);
  constraint.at_most = map.number_or("at_most", kInfinity, -kMost, kMost);
  if (constraint.at_least > constraint.at_most) {
    throw map.error("at_most", "is less than at_least", "allowed is at least as much");
  }
  return constraint;
}

Objective read_objective(const YamlMap& map) {
  return {map.string("key"), map.one_of<bool>("goal", {{"maximise", true}, {"minimise", false}}),
          map.place("key")};
}

Sampling read_sampling(const YamlMap& map) {
  using Method = Sampling::Method;
  Sampling sampling;
  sampling.method = map.one_of<Method>(
      "method", {{"random", Method::random}, {"latin_hypercube", Method::latin_hypercube}});
  sampling.points = map.integer("points", 1, kMostSampled);
  sampling.seed = static_cast<std::uint64_t>(map.integer_or("seed", 1, 0, INT64_MAX));
  return sampling;
}

Search read_search(const YamlMap& map) {
  using Algorithm = Search::Algorithm;
  Search search;
  search.place = map.place();
  search.algorithm = map.one_of<Algorithm>("algorithm", {{"nsga2", Algorithm::nsga2}});
  search.population = map.integer_or("population", search.population, 8, kMostPopulation);
  if (search.population % 4 != 0) {  // two tournaments of two make a pair of parents
    throw map.error("population", fmt::format("{} is no multiple of 4", search.population),
                    fmt::format("allowed are 8, 12, ... {}", kMostPopulation));
  }
  search.generations = map.integer_or("generations", search.generations, 1, kMostGenerations);
  search.seed = static_cast<std::uint64_t>(map.integer_or("seed", 1, 0, UINT32_MAX));
  search.crossover_probability =
      map.number_or("crossover_probability", search.crossover_probability, 0, kMostCrossover);
  if (map.has("mutation_probability"))
    search.mutation_probability = map.number("mutation_probability", 0, 1);
  return search;
}

/// What a search cannot do without, or beside it.
void check_search(const Sweep& sweep, const YamlMap& map) {
  if (map.has("sample")) {
    throw map.error("search", "stands beside sample", "allowed is one of both");
  }
  const std::size_t count = sweep.objectives.size();
  if (count < kLeastObjectives || count > kMostObjectives) {
    throw map.error(count == 0 ? "search" : "objectives",
                    count == 0 ? "has no objectives" : fmt::format("are {} for a search", count),
                    fmt::format("allowed are {} to {} objectives: [{{key: FIGURE, goal: maximise | "
                                "minimise}}, ...]",
                                kLeastObjectives, kMostObjectives));
  }
}

/// No key twice: the later would hide the earlier.
void check_keys(const Sweep& sweep) {
  std::set<std::string> known;
  for (const Axis& axis : sweep.axes) {
    for (const std::string& key : axis.keys) {
      if (!known.insert(key).second) {
        throw BadInput(axis.place, "axes." + key, "is an axis already", "allowed is one");
      }
      const auto same = [&](const Setting& setting) { return setting.first == key; };
      if (std::any_of(sweep.set.begin(), sweep.set.end(), same)) {
        throw BadInput(axis.place, "axes." + key, "stands in set, too", "allowed is one of both");
      }
    }
  }
}

/// No value twice, which would count its points twice.
void check_values(const Axis& axis) {
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const auto same = std::find(axis.values.begin(), axis.values.end(), axis.values[i]);
    const auto first = static_cast<std::size_t>(same - axis.values.begin());
    if (first == i) continue;
    const InputPlace& at = axis.value_places[first];
    throw BadInput(axis.value_places[i], fmt::format("axes.{}", fmt::join(axis.keys, ", ")),
                   fmt::format("{} stands at {}:{} already", fmt::join(axis.values[i], ", "),
                               at.line, at.column),
                   "allowed is each value once");
  }
}

template <typename Item, typename Read>
void read_list(const YamlMap& map, const char* key, std::vector<Item>& items, const Read& read) {
  const auto list = map.optional_list(key);
  for (std::size_t i = 0; list && i < list->size(); ++i) items.push_back(read(list->map(i)));
}

/// It is drawn without repeats.
void check_sample(const Sweep& sweep, const YamlMap& sample) {
  const std::int64_t wanted = sweep.sampling.points, all = grid_size(sweep, wanted);
  if (wanted <= all) return;
  throw sample.error("points", fmt::format("{} are more than the grid has", wanted),
                     fmt::format("allowed are 1 to {}, or no sample for all", all));
}

/// All but where the experiment's file is.
Sweep read_map(const YamlMap& map) {
  if (!map.has("sweep")) {
    throw map.error("sweep", "is missing, this is no sweep",
                    "allowed are files like configs/sweeps/edge_array.yaml");
  }
  Sweep sweep;
  sweep.file = map.file();
  sweep.text = map.text();
  sweep.name = map.string("sweep");
  sweep.experiment = map.string("experiment");
  if (const auto set = map.optional_map("set")) read_set(*set, sweep);
  if (const auto axes = map.optional_map("axes")) sweep.axes = read_axes(*axes);
  read_list(map, "paired", sweep.axes, read_paired);
  read_list(map, "constraints", sweep.constraints, read_constraint);
  read_list(map, "objectives", sweep.objectives, read_objective);
  if (const auto sample = map.optional_map("sample")) sweep.sampling = read_sampling(*sample);
  if (const auto search = map.optional_map("search")) sweep.search = read_search(*search);
  map.finish();
  if (sweep.axes.empty()) {
    throw map.error("axes", "is missing", "allowed is a map of keys and their values");
  }
  check_keys(sweep);
  if (sweep.search) check_search(sweep, map);
  return sweep;
}

}  // namespace

Sweep read_sweep(const std::string& file) {
  const YamlMap map = YamlMap::load(file);
  Sweep sweep = read_map(map);
  // Not what parse_sweep() reads: earlier versions have run such files.
  for (const Axis& axis : sweep.axes) check_values(axis);
  if (const auto sample = map.optional_map("sample")) check_sample(sweep, *sample);
  sweep.experiment_file = part_file(map, "experiment", configs_folder_of(file), "experiments");
  return sweep;
}

Sweep parse_sweep(const std::string& text, const std::string& file) {
  return read_map(YamlMap::parse(text, file));
}

}  // namespace nibble
