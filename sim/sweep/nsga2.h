// NSGA-II: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A Fast and Elitist Multiobjective Genetic
// Algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6(2), 2002, by pagmo, over
// variables that take one of a few values each, and with the paper's constrained domination: a
// point that fulfils the constraints beats all that do not, and of those the one that breaks them
// less.
//
// Asks what points are worth; knows nothing of simulations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace nibble {

/// A point: for each variable which of its values, from 0.
using Genes = std::vector<std::size_t>;

/// What a point is worth.
struct Worth {
  std::vector<double> goals;  // each better the larger; below 1e300. As many for all points
  double violation = 0;  // of constraints; 0: feasible, else the goals do not count; may be inf
};

struct Nsga2Settings {
  unsigned population = 32;  // 8 or more, a multiple of 4
  unsigned generations = 20;
  unsigned seed = 1;
  double crossover_probability = 0.95;  // below 1
  double mutation_probability = 0.2;    // of each variable
};

/// `values`: how many each variable has. `judge` is called with the points of generation 0, which
/// is random, then with those of each further one: always `population` of them, among which any may
/// have been asked before; or once with the only point there is. The same seed and the same worths
/// give the same points. What `judge` throws comes out, and ends it.
void nsga2(const std::vector<std::size_t>& values, std::size_t goals, const Nsga2Settings& settings,
           const std::function<std::vector<Worth>(const std::vector<Genes>&)>& judge);

}  // namespace nibble
