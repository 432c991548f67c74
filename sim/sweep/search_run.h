// A sweep whose points an algorithm chooses: asks for a generation of them, has them simulated, and
// goes on from what came out. Nothing of it is stored: with the points that are in the database the
// same seed takes the same way again, at once, up to where it had come.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/sweep/point_evaluator.h"

namespace nibble {

/// After a generation, of all points so far. Points count once, however often they are asked for.
struct GenerationRecord {
  std::int64_t asked = 0;   // by the algorithm, each time
  std::int64_t points = 0;  // of the design: those that constraints did not exclude beforehand
  std::int64_t front = 0;   // of points that fulfil the constraints
  double hypervolume = 0;   // of that front, as a share of the box from worst to best
};

struct SearchRecord {
  std::vector<GenerationRecord> generations;  // from 0, the random one
  /// Of each objective among all points that fulfil the constraints: the corners of the box, worst
  /// being the reference point. Empty if there are none.
  std::vector<double> worst, best;
};

/// Until the last generation, until somebody wants to stop, or until a generation in which a point
/// was killed, without whose result there is no next. Precondition: the sweep has a search.
[[nodiscard]] SearchRecord run_search(const Sweep& sweep, PointEvaluator& evaluator);

}  // namespace nibble
