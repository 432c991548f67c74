// A sweep: one experiment at many points of a design space. What configs/sweeps/*.yaml says, as
// plain structs; read by sweep_file.h.
#pragma once

#include <cstdint>
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
};

/// What a point's chip must be like to be simulated: bounds of a figure that is known beforehand.
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

struct Sweep {
  std::string file, name;
  std::string text;                         // of the file, for whoever wants to know later
  std::string experiment, experiment_file;  // its name, and where that lies
  std::vector<Setting> set;                 // of every point
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
  std::vector<Objective> objectives;
  Sampling sampling;
  std::optional<Shard> shard;  // not in the file: the part of the points that is run here
};

}  // namespace nibble
