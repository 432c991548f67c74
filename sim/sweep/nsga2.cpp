#include "sim/sweep/nsga2.h"

#include <cmath>
#include <utility>

#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <tbb/global_control.h>

namespace nibble {
namespace {

using Numbers = pagmo::vector_double;

using Judge = std::function<std::vector<Worth>(const std::vector<Genes>&)>;

/// What pagmo's copies of problem and evaluator share.
struct Task {
  std::size_t variables;          // all, also those with a single value
  std::vector<std::size_t> free;  // the others: pagmo's variables
  Numbers last;                   // value of each of these
  std::size_t goals;
  const Judge& judge;
};

/// pagmo minimises and knows no constraints. An infeasible point gets, in all goals, one number
/// above all that a feasible one may have, the larger the more it violates: with that, ordinary
/// domination is the paper's constrained one.
void append_fitness(const Worth& worth, std::size_t goals, Numbers& fitness) {
  constexpr double kInfeasible = 1e300;
  if (worth.violation > 0) {
    const double share = std::isinf(worth.violation) ? 1 : worth.violation / (1 + worth.violation);
    fitness.insert(fitness.end(), goals, kInfeasible * (1 + share));
  } else {
    for (const double goal : worth.goals) fitness.push_back(-goal);
  }
}

Numbers fitness_of(const Task& task, const Numbers& numbers) {
  const std::size_t length = task.free.size();
  std::vector<Genes> points;
  for (std::size_t begin = 0; begin < numbers.size(); begin += length) {
    Genes& genes = points.emplace_back(task.variables, 0);
    for (std::size_t i = 0; i < length; ++i) {
      genes[task.free[i]] = static_cast<std::size_t>(std::lround(numbers[begin + i]));
    }
  }
  Numbers fitness;
  for (const Worth& worth : task.judge(points)) append_fitness(worth, task.goals, fitness);
  return fitness;
}

// The names of the members below are pagmo's.
struct Problem {
  const Task* task = nullptr;

  [[nodiscard]] Numbers fitness(const Numbers& numbers) const { return fitness_of(*task, numbers); }
  [[nodiscard]] std::pair<Numbers, Numbers> get_bounds() const {
    return {Numbers(task->last.size(), 0), task->last};
  }
  [[nodiscard]] Numbers::size_type get_nobj() const { return task->goals; }
  [[nodiscard]] Numbers::size_type get_nix() const { return task->free.size(); }  // all whole
};

/// A generation at a time.
struct BatchEvaluator {
  const Task* task = nullptr;

  Numbers operator()(const pagmo::problem& /*problem*/, const Numbers& numbers) const {
    return fitness_of(*task, numbers);
  }
};

}  // namespace

void nsga2(const std::vector<std::size_t>& values, std::size_t goals, const Nsga2Settings& settings,
           const std::function<std::vector<Worth>(const std::vector<Genes>&)>& judge) {
  // Of the library's operators for whole numbers, two-point crossover and an even draw, neither
  // looks at these.
  constexpr double kCrossoverIndex = 10, kMutationIndex = 50;
  Task task{values.size(), {}, {}, goals, judge};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 1) continue;
    task.free.push_back(i);
    task.last.push_back(static_cast<double>(values[i] - 1));
  }
  if (task.free.empty()) {
    (void)judge({Genes(values.size(), 0)});
    return;
  }
  // pagmo sorts fronts on several threads; the judge forks processes, which wants one thread only.
  const tbb::global_control one_thread(tbb::global_control::max_allowed_parallelism, 1);
  const pagmo::bfe batch{BatchEvaluator{&task}};
  pagmo::nsga2 algorithm(settings.generations, settings.crossover_probability, kCrossoverIndex,
                         settings.mutation_probability, kMutationIndex, settings.seed);
  algorithm.set_bfe(batch);
  pagmo::population first(pagmo::problem{Problem{&task}}, batch, settings.population,
                          settings.seed);
  (void)algorithm.evolve(std::move(first));
}

}  // namespace nibble
