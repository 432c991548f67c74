#include "sim/sweep/hypervolume.h"

#include <algorithm>

#include <pagmo/utils/hypervolume.hpp>

namespace nibble {

double hypervolume_share(const std::vector<std::vector<double>>& points,
                         const std::vector<double>& worst, const std::vector<double>& best) {
  std::vector<pagmo::vector_double> below;  // as distances from the best, which pagmo minimises
  for (const std::vector<double>& point : points) {
    pagmo::vector_double distances;
    for (std::size_t i = 0; i < point.size(); ++i) {
      const double range = best[i] - worst[i];
      distances.push_back(range > 0 ? (best[i] - point[i]) / range : 0);
    }
    // As bad as the reference in some goal: dominates nothing of the box.
    const auto is_worst = [](double distance) { return distance >= 1; };
    if (std::none_of(distances.begin(), distances.end(), is_worst)) below.push_back(distances);
  }
  if (below.empty()) return 0;
  return pagmo::hypervolume(below).compute(pagmo::vector_double(worst.size(), 1));
}

}  // namespace nibble
