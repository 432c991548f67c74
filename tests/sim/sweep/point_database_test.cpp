// The file of a sweep's results: what goes in comes out, by whom it may be opened, and what is told
// of a file that is something else.
#include "sim/sweep/point_database.h"

#include <fstream>
#include <map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "tests/sim/sweep/sweep_folder.h"

namespace nibble {
namespace {

using namespace test;

const SweepIdentity kIdentity{"program 1", "made_up", "sweep: made_up\n"};

Json result(int number) {
  Json layers = Json::array();
  for (int i = 0; i < 300; ++i) layers.push_back({{"name", "layer"}, {"cycles", number * i}});
  return {{"schema", "x"},
          {"time_s", number / 8.0},
          {"host", {{"wall_s", 3}}},
          {"overrides", Json::array()},
          {"layers", layers}};
}

/// Without what depends on the machine.
Json kept(int number) {
  Json json = result(number);
  json.erase("host");
  json.erase("overrides");
  return json;
}

template <typename Work>
std::string fault_of(const Work& work) {
  try {
    work();
    return "";
  } catch (const BadInput& fault) {
    return fault.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Points come back in the order of the design, with layers if these are wanted") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    database.put_design(1, "one", {{"a", "1"}, {"b", "x"}});
    database.put_design(2, "two", {{"a", "2"}, {"b", "y"}});
    database.put_design(3, "one", {{"b", "x"}, {"a", "01"}});  // the same configuration
    database.put_design(4, "four", {{"a", "4"}});
    database.put({"two", "", result(2)}, 1.5, 100);
    database.put({"one", "no room", {}}, 0.5, 0);
    database.end_design(4);
    CHECK(database.holds("two", true));
    CHECK(database.holds("two", false));
    CHECK(database.holds("one", true));
    CHECK(!database.holds("one", false));
    CHECK(!database.holds("four", true));
  }
  const PointDatabase database(folder.str());
  CHECK(database.identity().program == "program 1");
  CHECK(database.identity().name == "made_up");
  CHECK(database.identity().text == "sweep: made_up\n");
  std::vector<DesignPoint> points;
  database.for_each(Layers::read, [&](const DesignPoint& point) { points.push_back(point); });
  REQUIRE(points.size() == 4);
  CHECK(database.layers_of(2) == kept(2).at("layers"));
  for (const std::int64_t none : {1, 4, 5}) CHECK(database.layers_of(none).is_null());
  for (std::size_t i = 0; i < 4; ++i) CHECK(points[i].number == static_cast<std::int64_t>(i) + 1);
  CHECK(points[0].settings == Point{{"a", "1"}, {"b", "x"}});
  CHECK(points[2].settings == Point{{"b", "x"}, {"a", "01"}});
  CHECK(points[0].finished.fault == "no room");
  CHECK(points[0].finished.result.is_null());
  CHECK(points[1].finished.result == kept(2));
  CHECK(points[2].finished.fault == "no room");
  CHECK(!points[3].is_finished);
  database.for_each(Layers::skip, [](const DesignPoint& point) {
    if (point.number == 2) CHECK(!point.finished.result.contains("layers"));
  });
}

TEST_CASE("A shorter design forgets the numbers behind it, never a result") {
  const SweepFolder folder;
  PointDatabase database(folder.str(), kIdentity);
  for (int i = 1; i <= 3; ++i)
    database.put_design(i, std::to_string(i), {{"a", std::to_string(i)}});
  database.put({"3", "", result(3)}, 1, 1);
  database.end_design(3);
  database.put_design(1, "3", {{"a", "3"}});
  database.end_design(1);
  int points = 0;
  database.for_each(Layers::read, [&](const DesignPoint& point) {
    ++points;
    CHECK(point.finished.result == kept(3));
  });
  CHECK(points == 1);
}

TEST_CASE("A result takes the place of a fault") {
  const SweepFolder folder;
  PointDatabase database(folder.str(), kIdentity);
  database.put_design(1, "one", {});
  database.put({"one", "too late", {}}, 1, 1);
  database.put({"one", "", result(1)}, 1, 1);
  database.for_each(Layers::skip, [](const DesignPoint& point) {
    CHECK(point.finished.fault.empty());
    CHECK(point.finished.result.at("time_s") == 0.125);
  });
}

TEST_CASE("Only the program that made it goes on with a database, and one sweep at a time") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    CHECK(contains(fault_of([&] { PointDatabase(folder.str(), kIdentity); }),
                   "sweep.db: is being written by another sweep"));
    CHECK(fault_of([&] { (void)PointDatabase(folder.str()).identity(); }).empty());  // may read
  }
  CHECK(
      contains(fault_of([&] {
                 PointDatabase(folder.str(), {"program 2", "made_up", "b"});
               }),
               "sweep.db: was made by program 1, this is program 2, allowed is the same program"));
  CHECK(fault_of([&] { PointDatabase(folder.str(), kIdentity); }).empty());
}

TEST_CASE("Results of another program are discarded if the user wants it, and only these") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    database.put_design(1, "one", {});
    database.put({"one", "", result(1)}, 1, 1);
  }
  {
    const PointDatabase same(folder.str(), kIdentity, OtherVersion::discard);
    CHECK(same.holds("one", false));
  }
  const std::string before = content_of(folder.str());
  const SweepIdentity other{"program 2", "made_up", "sweep: made_up\n"};
  const auto check_is_empty = [](const PointDatabase& database) {
    CHECK_FALSE(database.holds("one", true));
    CHECK_FALSE(database.find("one").has_value());
    CHECK(database.good_points() == 0);
    CHECK(database.layers_of(1).is_null());
    CHECK(database.identity().program == "program 2");
    database.for_each(Layers::skip, [](const DesignPoint&) { FAIL("the design is gone, too"); });
  };
  {
    const PointDatabase unused(folder.str(), other, OtherVersion::discard);
    CHECK(unused.will_discard());
    check_is_empty(unused);
  }
  CHECK(content_of(folder.str()) == before);  // nothing was written
  CHECK(PointDatabase(folder.str()).identity().program == "program 1");
  PointDatabase database(folder.str(), other, OtherVersion::discard);
  SECTION("with the end of a design") {
    database.end_design(0);
    check_is_empty(database);
  }
  SECTION("with a point") {
    database.put_design(1, "two", {});
    database.put({"two", "", result(2)}, 1, 1);
    CHECK_FALSE(database.holds("one", true));
    CHECK(database.holds("two", false));
  }
  CHECK_FALSE(database.will_discard());
  CHECK(content_of(folder.str()) != before);
  CHECK(PointDatabase(folder.str()).identity().program == "program 2");
}

TEST_CASE("Another sweep is refused, a changed file of the same is taken with its first point") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    database.put_design(1, "one", {});
    database.put({"one", "", result(1)}, 1, 1);
  }
  CHECK(contains(fault_of([&] {
                   PointDatabase(folder.str(), {"program 2", "other", ""}, OtherVersion::discard);
                 }),
                 "sweep.db: is of sweep made_up, this is sweep other, allowed is another folder "
                 "(-o), or sweep: made_up in the sweep's file"));
  const SweepIdentity changed{"program 1", "made_up", "sweep: made_up\naxes: {}\n"};
  {
    const PointDatabase database(folder.str(), changed);
    CHECK(database.identity().text == kIdentity.text);
  }
  PointDatabase database(folder.str(), changed);
  std::vector<std::string> told;
  database.when_text_changes([&](const std::string& former) { told.push_back(former); });
  CHECK(database.identity().text == kIdentity.text);  // nothing was written
  CHECK(database.holds("one", false));
  CHECK(told.empty());
  database.end_design(0);
  CHECK(database.identity().text == changed.text);
  database.end_design(0);
  CHECK(told == std::vector<std::string>{kIdentity.text});
}

TEST_CASE("Good points are counted once for each of the design's numbers") {
  const SweepFolder folder;
  PointDatabase database(folder.str(), kIdentity);
  database.put_design(1, "one", {{"a", "1"}});
  database.put_design(2, "one", {{"a", "01"}});
  database.put_design(3, "two", {{"a", "2"}});
  database.put({"two", "no room", {}}, 1, 1);
  CHECK(database.good_points() == 0);
  database.put({"one", "", result(1)}, 1, 1);
  CHECK(database.good_points() == 2);
}

TEST_CASE("What is no sweep's database is refused and left as it is") {
  const SweepFolder folder;
  CHECK(contains(fault_of([&] { PointDatabase(folder.str()); }), "sweep.db: is missing"));
  CHECK(contains(fault_of([&] { PointDatabase("/no/such", kIdentity); }),
                 "/no/such/sweep.db.lock: cannot be written"));
  const std::string words =
      "these are no tables, but 100 bytes and more of plain text, as from an editor, "
      "which nobody wants to lose\n";
  std::ofstream(folder.database()) << words;
  CHECK(contains(fault_of([&] { PointDatabase(folder.str()); }), "is no sweep's database"));
  CHECK(contains(fault_of([&] { PointDatabase(folder.str(), kIdentity); }), "sweep.db: "));
  std::ifstream file(folder.database());
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == words);

  std::filesystem::remove(folder.database());
  {
    SQLite::Database other(folder.database(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE mine(x)");
  }
  CHECK(contains(fault_of([&] { PointDatabase(folder.str(), kIdentity); }),
                 "is no sweep's database"));
  {
    SQLite::Database other(folder.database(), SQLite::OPEN_READWRITE);
    other.exec("CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT)");
    other.exec("INSERT INTO meta VALUES('schema', 'nibblesim-sweep-99')");
  }
  for (const std::string& fault : {fault_of([&] { PointDatabase(folder.str(), kIdentity); }),
                                   fault_of([&] { PointDatabase(folder.str()); })}) {
    CHECK(contains(fault, "has the form nibblesim-sweep-99, this program's is nibblesim-sweep-1"));
  }
}

TEST_CASE("Spoilt layers are told with their point") {
  const SweepFolder folder;
  {
    PointDatabase database(folder.str(), kIdentity);
    database.put_design(7, "one", {});
    database.put({"one", "", result(1)}, 1, 1);
  }
  {
    SQLite::Database other(folder.database(), SQLite::OPEN_READWRITE);
    other.exec("UPDATE points SET layers = substr(layers, 1, 20)");
  }
  const PointDatabase database(folder.str());
  CHECK(contains(fault_of([&] { database.for_each(Layers::read, [](const DesignPoint&) {}); }),
                 "has spoilt layers at point 7"));
  CHECK(fault_of([&] { database.for_each(Layers::skip, [](const DesignPoint&) {}); }).empty());
}

}  // namespace nibble
