// How good a set of points is in all goals together, as one number: E. Zitzler, L. Thiele,
// "Multiobjective Evolutionary Algorithms: A Comparative Case Study and the Strength Pareto
// Approach", IEEE Transactions on Evolutionary Computation 3(4), 1999; computed exactly, by pagmo.
#pragma once

#include <vector>

namespace nibble {

/// The share of the box from `worst`, the reference point, to `best` that the points dominate: 0 to
/// 1, 1 if one of them is the best in all goals. Two goals or more, each better the larger; all
/// points between worst and best. A goal in which these are equal tells no points apart.
[[nodiscard]] double hypervolume_share(const std::vector<std::vector<double>>& points,
                                       const std::vector<double>& worst,
                                       const std::vector<double>& best);

}  // namespace nibble
