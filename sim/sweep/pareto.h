// Which points are not beaten by another in all objectives at once.
#pragma once

#include <cstddef>
#include <vector>

namespace nibble {

/// `values[i]` are point i's objectives, each better the larger it is. A point is on the front if
/// no other is at least as good in all and better in one. Indices in order.
[[nodiscard]] std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& values);

}  // namespace nibble
