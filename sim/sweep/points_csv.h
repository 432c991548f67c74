// All points of a sweep as a table: one line a point, one column a setting or figure.
#pragma once

#include <string>

#include "sim/sweep/point_database.h"

namespace nibble {

/// CSV (RFC 4180) with a head: number, fault, then the settings, then all figures of result.json
/// that some point has. A column holds numbers only or words only, so that readers of tables find
/// its type; empty where a point has no such figure.
[[nodiscard]] std::string points_csv(const PointDatabase& database);

}  // namespace nibble
