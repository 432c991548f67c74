// A sweep's results: one SQLite file, written by one process at a time, readable by any.
//
//   meta(key, value)            what the file is of: schema, program, sweep, text of the sweep's
//   file design(number, key, settings)          the points of the sweep, from 1; settings as JSON
//   points(key, fault, result, layers)     every configuration once: result.json as JSON without
//                               `host`, `overrides` and `layers`; layers as JSON, deflated (zlib);
//                               or what its fault was
//   hosts(key, seconds, peak_rss_bytes)    what it took, which depends on the machine
//
// `key` is that of the resolved configuration. A point is there whole or not at all, whatever ends
// the process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/chip_report.h"
#include "sim/sweep/design_space.h"

namespace nibble {

/// What a database belongs to.
struct SweepIdentity {
  std::string program;  // its version, which decides results
  std::string name;     // of the sweep
  std::string text;     // of its file
};

/// A point that has been run.
struct FinishedPoint {
  std::string key;
  std::string fault;  // empty: good
  Json result;        // with layers; null with a fault
};

/// A point of the sweep; without `finished` if it has not been run.
struct DesignPoint {
  std::int64_t number = 0;
  std::string key;
  Point settings;
  bool is_finished = false;
  FinishedPoint finished;
};

enum class Layers : bool { skip, read };

/// What becomes of results that another version of the program has left.
enum class OtherVersion : bool { refuse, discard };

/// DIRECTORY/shards, for which the writer of a shard looks himself.
[[nodiscard]] std::string shards_folder(const std::string& directory);

/// How many points a database holds that another process may be writing; 0 if it cannot be told.
[[nodiscard]] std::int64_t points_in(const std::string& file);

class PointDatabase {
 public:
  /// Opens DIRECTORY/sweep.db for writing, or makes it. Throws BadInput if it is another sweep's,
  /// another program's (unless that is discarded) or no such database, if it is being written now,
  /// or it cannot be written. A changed text of the sweep's file takes the place of the former one
  /// with the first put or end_design. So does this program of another, whose results are deleted
  /// then; until then they are on the disk, and here as if they were not.
  PointDatabase(const std::string& directory, const SweepIdentity& identity,
                OtherVersion other = OtherVersion::refuse);
  /// The same of a shard's database, DIRECTORY/shards/K-of-N.db. What DIRECTORY/sweep.db has, if
  /// there is one, counts as held; it is read now and left alone.
  PointDatabase(const std::string& directory, const SweepIdentity& identity, const Shard& shard);
  /// Opens it for reading. Throws BadInput.
  explicit PointDatabase(const std::string& directory);
  ~PointDatabase();
  PointDatabase(const PointDatabase&) = delete;
  PointDatabase& operator=(const PointDatabase&) = delete;

  [[nodiscard]] const std::string& file() const;
  /// Is told the former text of the sweep's file when another one has taken its place.
  void when_text_changes(std::function<void(const std::string& former)> tell);
  [[nodiscard]] SweepIdentity identity() const;
  /// Whether the next write deletes another program's results.
  [[nodiscard]] bool will_discard() const;

  /// Whether the configuration has been run; `even_failed`: to a fault counts, too.
  [[nodiscard]] bool holds(const std::string& key, bool even_failed) const;
  /// What has come of it, without layers; nothing if it has not been run.
  [[nodiscard]] std::optional<FinishedPoint> find(const std::string& key) const;
  /// A point of the design, which may have been added before. Written with the next put or
  /// end_design.
  void put_design(std::int64_t number, const std::string& key, const Point& settings);
  /// Points behind the last are of an earlier, longer design.
  void end_design(std::int64_t last);
  /// On the disk when this returns; replaces a fault.
  void put(const FinishedPoint& point, double seconds, std::int64_t peak_rss_bytes);

  /// Adds all points of a shard's database and removes it; a good point that is here stays, a fault
  /// gives way. Returns the keys that the shard had; nothing if it is being written. Throws
  /// BadInput if it is another sweep's, another program's or no such database. Another program's
  /// that is discarded has no keys, and is removed with the first put or end_design.
  [[nodiscard]] std::optional<std::vector<std::string>> take_over(const std::string& shard_file);

  /// Removes the file if this object made it and no point in it has been run: for a sweep that
  /// failed before it had any result. Nothing may be asked afterwards.
  void discard_if_unused() noexcept;

  /// Points of the design that have a result.
  [[nodiscard]] std::int64_t good_points() const;
  /// Of a point of the design; null if it has no result.
  [[nodiscard]] Json layers_of(std::int64_t number) const;
  /// All points of the design in order, one at a time.
  void for_each(Layers layers, const std::function<void(const DesignPoint&)>& visit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nibble
