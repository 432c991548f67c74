// A sweep: one experiment at many points of a design space. What configs/sweeps/*.yaml says, as
// plain structs; read by sweep_file.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/bad_input.h"

namespace nibble {

/// A key as `--set` spells it, and its value.
using Setting = std::pair<std::string, std::string>;

/// Keys that change together, and what they take: one value a key in each of `values`.
struct Axis {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> values;
  InputPlace place;
  std::vector<InputPlace> value_places{};  // of each value; empty if no file has them
};

/// Bounds of a figure. A point whose chip breaks one that is known beforehand is not simulated; in
/// a search the figure may also be one of the result.
struct Constraint {
  std::string key;
  double at_least = 0, at_most = 0;
  InputPlace place;
};

/// A figure of result.json that should be large, or small.
struct Objective {
  std::string key;
  bool maximise = true;
  InputPlace place;
};

/// Which points of the space are run.
struct Sampling {
  enum class Method : std::uint8_t { grid, random, latin_hypercube };
  Method method = Method::grid;
  std::int64_t points = 0;  // of a sample
  std::uint64_t seed = 1;
};

/// Every `of`-th point from point `number` on, counted from 1.
struct Shard {
  std::int64_t number = 1, of = 1;
};

/// How points are chosen by what has come of others, rather than all run.
struct Search {
  enum class Algorithm : std::uint8_t { nsga2 };
  Algorithm algorithm = Algorithm::nsga2;
  std::int64_t population = 32;
  std::int64_t generations = 20;  // after the first, which is random
  std::uint64_t seed = 1;
  double crossover_probability = 0.95;         // of a pair
  std::optional<double> mutation_probability;  // of each axis; without: 1 / axes
  InputPlace place;
};

struct Sweep {
  std::string file, name;
  std::string text;                              // of the file, for whoever wants to know later
  std::string experiment, experiment_file;       // its name, and where that lies
  std::vector<Setting> set;                      // of every point
  std::map<std::string, InputPlace> set_places;  // of its keys
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
  std::vector<Objective> objectives;
  Sampling sampling;
  std::optional<Shard> shard;  // not in the file: the part of the points that is run here
  std::optional<Search> search;
};

}  // namespace nibble
