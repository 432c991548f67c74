#include "sim/sweep/pareto.h"

#include <algorithm>
#include <numeric>

namespace nibble {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] < b[i]) return false;
    better = better || a[i] > b[i];
  }
  return better;
}

}  // namespace

std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& values) {
  // From the best in the first objective on, only points that are on the front can beat the next.
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  std::vector<std::size_t> front;
  for (const std::size_t point : order) {
    const auto beats = [&](std::size_t other) { return dominates(values[other], values[point]); };
    if (std::none_of(front.begin(), front.end(), beats)) front.push_back(point);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace nibble
