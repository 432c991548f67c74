// Shards: together they are the sweep, and what they finished is gathered once.
#include "sim/sweep/shards.h"

#include <filesystem>
#include <set>

#include <catch2/catch.hpp>

#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/sweep/file_lock.h"
#include "tests/sim/sweep/sweep_folder.h"

namespace nibble {
namespace {

using namespace test;

const SweepIdentity kIdentity{"program 1", "made_up", "sweep: made_up\n"};

/// Some of its values stand twice on the axis.
Sweep random_sweep(std::int64_t points) {
  Sweep sweep;
  Axis axis{{"a"}, {}, {}};
  for (std::int64_t i = 0; i < points; ++i) axis.values.push_back({std::to_string(i % 7)});
  sweep.axes = {axis};
  sweep.sampling = {Sampling::Method::random, points, 3};
  return sweep;
}

FinishedPoint good(const std::string& key, int number) {
  return {key, "", {{"cycles", number}, {"layers", Json::array()}}};
}

/// A shard that has finished these.
void write_shard(const std::string& directory, const Shard& shard,
                 const std::vector<FinishedPoint>& points) {
  create_output_directory(shards_folder(directory));
  PointDatabase database(directory, kIdentity, shard);
  for (const FinishedPoint& point : points) database.put(point, 1, 1);
}

}  // namespace

TEST_CASE("Shards divide a sweep: each point is in one of them, a point that is there twice too") {
  const auto count = GENERATE(1, 2, 3, 7, 40);
  Sweep sweep = random_sweep(12);
  const std::vector<Point> all = points_of(sweep);
  const std::set<Point> different(all.begin(), all.end());
  REQUIRE(different.size() < all.size());
  std::vector<Point> together;
  for (int number = 1; number <= count; ++number) {
    sweep.shard = Shard{number, count};
    const std::vector<Point> part = points_of(sweep);
    together.insert(together.end(), part.begin(), part.end());
  }
  CHECK(together.size() == different.size());
  CHECK(std::set<Point>(together.begin(), together.end()) == different);
}

TEST_CASE(
    "A shard takes for done what the sweep's database has, and faults only if it is told to") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    database.put(good("one", 1), 1, 1);
    database.put({"two", "broke", {}}, 1, 1);
  }
  create_output_directory(shards_folder(folder.str()));
  PointDatabase shard(folder.str(), kIdentity, {1, 2});
  CHECK(shard.holds("one", false));
  CHECK(shard.holds("two", true));
  CHECK_FALSE(shard.holds("two", false));
  CHECK_FALSE(shard.holds("three", true));
  CHECK(PointDatabase(folder.str(), kIdentity).holds("one", false));  // no lock is held on it
}

TEST_CASE("Gathered points are in the database, a good one stays, a fault gives way") {
  const SweepFolder folder;
  PointDatabase database(folder.str(), kIdentity);
  database.put_design(1, "one", {{"a", "1"}});
  database.put_design(2, "two", {{"a", "2"}});
  database.put_design(3, "three", {{"a", "3"}});
  database.put(good("one", 1), 1, 1);
  database.put({"two", "broke", {}}, 1, 1);
  write_shard(folder.str(), {1, 2}, {{"one", "later fault", {}}, good("two", 2)});
  write_shard(folder.str(), {2, 2}, {good("three", 3)});
  CHECK(points_in_shards(folder.str()) == 3);
  const Gathered gathered = gather_shards(folder.str(), database);
  CHECK(gathered.shards == 2);
  CHECK(gathered.points == 3);
  CHECK(gathered.keys == std::set<std::string>{"one", "two", "three"});
  CHECK(gathered.busy == 0);
  CHECK(std::filesystem::is_empty(shards_folder(folder.str())));
  std::string seen;
  database.for_each(Layers::read, [&](const DesignPoint& point) {
    seen += point.key + point.finished.fault + point.finished.result.at("cycles").dump() + " ";
  });
  CHECK(seen == "one1 two2 three3 ");
  CHECK(gather_shards(folder.str(), database).shards == 0);
}

TEST_CASE("A shard that is being written is left alone, one that was never begun vanishes") {
  const SweepFolder folder;
  PointDatabase database(folder.str(), kIdentity);
  write_shard(folder.str(), {1, 2}, {good("one", 1)});
  write_file(shards_folder(folder.str()) + "/2-of-2.db", "");
  {
    const PointDatabase writer(folder.str(), kIdentity, {1, 2});
    const Gathered gathered = gather_shards(folder.str(), database);
    CHECK(busy_shards(folder.str()) == 1);
    CHECK(gathered.busy == 1);
    CHECK(gathered.shards == 1);
    CHECK_FALSE(database.holds("one", true));
  }
  CHECK(gather_shards(folder.str(), database).points == 1);
  CHECK(database.holds("one", true));
}

TEST_CASE("A shard of another program is refused, and stays") {
  const SweepFolder folder;
  write_shard(folder.str(), {1, 2}, {good("one", 1)});
  {
    PointDatabase database(folder.str(), {"program 2", "made_up", ""});
    CHECK_THROWS_WITH(gather_shards(folder.str(), database),
                      Catch::Contains("was made by program 1, this is program 2"));
    CHECK(points_in_shards(folder.str()) == 1);
  }
  PointDatabase database(folder.str(), {"program 2", "made_up", ""}, OtherVersion::discard);
  const Gathered gathered = gather_shards(folder.str(), database);
  CHECK(gathered.shards == 1);
  CHECK(gathered.keys.empty());
  CHECK_FALSE(database.holds("one", true));
  CHECK(points_in_shards(folder.str()) == 1);  // nothing was written
  database.end_design(0);
  CHECK(std::filesystem::is_empty(shards_folder(folder.str())));
}

TEST_CASE("Gathered points take the place of another program's that are discarded") {
  const SweepFolder folder;
  write_shard(folder.str(), {1, 2}, {good("new", 1)});  // as if copied here
  {
    PointDatabase database(folder.str(), {"program 0", "made_up", ""});
    database.put(good("old", 1), 1, 1);
  }
  PointDatabase database(folder.str(), kIdentity, OtherVersion::discard);
  CHECK(gather_shards(folder.str(), database).points == 1);
  CHECK_FALSE(database.will_discard());
  database.end_design(0);
  CHECK(database.holds("new", false));
  CHECK_FALSE(database.holds("old", true));
  CHECK(database.identity().program == kIdentity.program);
}

TEST_CASE("A shard of another sweep is refused, and stays") {
  const SweepFolder folder;
  write_shard(folder.str(), {1, 2}, {good("one", 1)});
  PointDatabase database(folder.str(), {"program 1", "other", ""});
  CHECK_THROWS_WITH(gather_shards(folder.str(), database),
                    Catch::Contains("1-of-2.db: is of sweep made_up, this is sweep other"));
  CHECK(points_in_shards(folder.str()) == 1);
}

TEST_CASE("A lock is one process's and leaves no file, a forgotten file is no lock") {
  const SweepFolder folder;
  const std::string file = folder.str() + "/x";
  write_file(file + ".lock", "");
  {
    const auto held = FileLock::try_take(file);
    CHECK(held.has_value());
    CHECK_FALSE(FileLock::try_take(file).has_value());
  }
  CHECK_FALSE(std::filesystem::exists(file + ".lock"));
  CHECK(FileLock::try_take(file).has_value());
  CHECK_THROWS_AS(FileLock::try_take(folder.str() + "/missing/x"), BadInput);
}

}  // namespace nibble
