// Shards: parts of a sweep that run wherever one likes, each into a database of its own,
// DIR/shards/K-of-N.db. The next `nibblesim sweep` gathers them into DIR/sweep.db.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "sim/sweep/point_database.h"

namespace nibble {

/// "K/N". Throws BadInput.
[[nodiscard]] Shard parse_shard(const std::string& text);

/// Shards, and what they have in them.
struct Gathered {
  std::int64_t shards = 0, points = 0;
  std::set<std::string> keys;  // of these points
  std::int64_t busy = 0;       // shards that are being written: left alone
};

/// Moves all points of DIR/shards to the database; a shard is removed once they are on the disk.
/// Throws BadInput for one of another sweep or program.
Gathered gather_shards(const std::string& directory, PointDatabase& database);

/// Shards in DIR/shards that are being written.
[[nodiscard]] std::int64_t busy_shards(const std::string& directory);

/// Points in DIR/shards, also of shards that are being written.
[[nodiscard]] std::int64_t points_in_shards(const std::string& directory);

}  // namespace nibble
