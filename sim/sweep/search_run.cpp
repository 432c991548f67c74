#include "sim/sweep/search_run.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sim/sweep/constraints.h"
#include "sim/sweep/hypervolume.h"
#include "sim/sweep/nsga2.h"
#include "sim/sweep/objectives.h"
#include "sim/sweep/pareto.h"

namespace nibble {
namespace {

using Goals = std::vector<double>;

/// Through the algorithm, which knows no other end than its last generation.
struct Interrupted {};

class SearchRun {
 public:
  SearchRun(const Sweep& sweep, PointEvaluator& evaluator) : sweep_(sweep), evaluator_(evaluator) {}

  SearchRecord run() {
    const Search& search = *sweep_.search;
    std::vector<std::size_t> values;
    values.reserve(sweep_.axes.size());
    for (const Axis& axis : sweep_.axes) values.push_back(axis.values.size());
    const double even = 1 / static_cast<double>(values.size());
    const Nsga2Settings settings{static_cast<unsigned>(search.population),
                                 static_cast<unsigned>(search.generations),
                                 static_cast<unsigned>(search.seed), search.crossover_probability,
                                 search.mutation_probability.value_or(even)};
    try {
      nsga2(values, sweep_.objectives.size(), settings,
            [this](const std::vector<Genes>& batch) { return judged(batch); });
    } catch (const Interrupted&) {  // what there is so far counts
    }
    measure();
    return std::move(record_);
  }

 private:
  /// Simulates a generation.
  std::vector<Worth> judged(const std::vector<Genes>& batch) {
    evaluator_.show_label(fmt::format("{}, generation {} of {}", sweep_.name,
                                      record_.generations.size(), sweep_.search->generations));
    std::vector<std::pair<Genes, AskedPoint>> fresh;
    for (const Genes& genes : batch) {
      if (!worths_.try_emplace(genes).second) {
        evaluator_.skip();
        continue;
      }
      fresh.emplace_back(genes, evaluator_.ask(point_at(sweep_, genes)));
      if (PointEvaluator::stop_asked()) throw Interrupted{};
    }
    evaluator_.wait();
    if (PointEvaluator::stop_asked() || evaluator_.any_killed()) throw Interrupted{};
    for (const auto& [genes, asked] : fresh) worths_[genes] = worth_of(asked);
    std::vector<Worth> worths;
    worths.reserve(batch.size());
    for (const Genes& genes : batch) worths.push_back(worths_.at(genes));
    end_generation(batch.size());
    return worths;
  }

  /// A point that failed is worse than any that only breaks constraints.
  Worth worth_of(const AskedPoint& asked) {
    constexpr double kFailed = std::numeric_limits<double>::infinity();
    if (asked.violation > 0) return {{}, asked.violation};
    ++points_;
    const std::optional<FinishedPoint> point = evaluator_.finished(asked.key);
    if (!point || !point->fault.empty()) return {{}, kFailed};
    const Goals goals = goals_of(sweep_.objectives, point->result);
    if (goals.empty()) return {{}, kFailed};  // it lacks an objective
    Worth worth{goals, violation(sweep_.constraints, point->result)};
    if (worth.violation == 0) feasible_.push_back(worth.goals);
    return worth;
  }

  void end_generation(std::size_t asked) {
    GenerationRecord generation;
    if (!record_.generations.empty()) generation.asked = record_.generations.back().asked;
    generation.asked += static_cast<std::int64_t>(asked);
    generation.points = points_;
    record_.generations.push_back(generation);
    feasible_until_.push_back(feasible_.size());
  }

  /// What can be said only once the best and the worst are known.
  void measure() {
    if (feasible_.empty()) return;
    record_.worst = record_.best = feasible_.front();
    for (const Goals& goals : feasible_) {
      for (std::size_t i = 0; i < goals.size(); ++i) {
        record_.worst[i] = std::min(record_.worst[i], goals[i]);
        record_.best[i] = std::max(record_.best[i], goals[i]);
      }
    }
    std::vector<Goals> front;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < record_.generations.size(); ++i) {
      const auto at = [&](std::size_t place) {
        return feasible_.begin() + static_cast<std::ptrdiff_t>(place);
      };
      front.insert(front.end(), at(begin), at(feasible_until_[i]));
      begin = feasible_until_[i];
      std::vector<Goals> best;
      for (const std::size_t point : pareto_front(front)) best.push_back(front[point]);
      front = std::move(best);
      record_.generations[i].front = static_cast<std::int64_t>(front.size());
      record_.generations[i].hypervolume = hypervolume_share(front, record_.worst, record_.best);
    }
  }

  const Sweep& sweep_;
  PointEvaluator& evaluator_;
  std::map<Genes, Worth> worths_;            // of all that were asked for
  std::int64_t points_ = 0;                  // of these, in the design
  std::vector<Goals> feasible_;              // in the order in which they were asked for
  std::vector<std::size_t> feasible_until_;  // how many after each generation
  SearchRecord record_;
};

}  // namespace

SearchRecord run_search(const Sweep& sweep, PointEvaluator& evaluator) {
  return SearchRun(sweep, evaluator).run();
}

}  // namespace nibble
