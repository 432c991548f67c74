// Which keys of a file are guesses, and in which words.
#include "sim/config/assumed_keys.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

using Found = std::vector<std::pair<std::string, std::string>>;

Found found_in(const std::string& file) {
  Found found;
  for (const AssumedKey& at : assumed_keys(file)) found.emplace_back(at.key, at.reason);
  return found;
}

Found found_in_text(const std::string& text) {
  const std::string file =
      (std::filesystem::temp_directory_path() / "nibble_assumed.yaml").string();
  std::ofstream(file) << text;
  Found found = found_in(file);
  std::filesystem::remove(file);
  return found;
}

}  // namespace

TEST_CASE("A guess is told by its key's path, in a comment behind it or above it") {
  CHECK(found_in_text("a: 1  # ASSUMED: a reason\n"
                      "b:\n"
                      "  c: 2\n"
                      "  # Two lines. ASSUMED: of one\n"
                      "  # sentence\n"
                      "  d: 3\n"
                      "e: 4  # as ASSUMED. no words\n"
                      "f: 5 # 6\n") == Found{{"a", "a reason"}, {"b.d", "of one sentence"}});
}

TEST_CASE("A source that guesses is read to the end of its quotes") {
  CHECK(found_in_text("pj:\n"
                      "  x: {value: 1, source: \"ASSUMED: half\n"
                      "    of y: 2\"}\n"
                      "  y: {value: 2, source: \"a book; high: ASSUMED: more\"}\n") ==
        Found{{"pj.x", "half of y: 2"}, {"pj.y", "more"}});
}

TEST_CASE("A guess of a map is not told again of its keys, one above all keys is the file's") {
  CHECK(found_in_text("# A file.\n"
                      "# ASSUMED: all is well\n"
                      "name: x\n"
                      "# ASSUMED, all of it: no source\n"
                      "m:\n"
                      "  k: 1 # ASSUMED: twice\n"
                      "n: 2\n") == Found{{"", "all is well"}, {"m", "all of it: no source"}});
}

TEST_CASE("The committed chips say what they guess, as often as their files do") {
  const Found edge = found_in(NIBBLE_SOURCE_DIR "/configs/chips/edge.yaml");
  REQUIRE(edge.size() == 13);
  CHECK(edge[0].first == "clock_mhz");
  CHECK(edge[9].first == "sfu.cycles");
  CHECK(edge[12] == std::pair<std::string, std::string>{"queue_entries",
                                                        "commands waiting in front of each unit"});
  CHECK(found_in(NIBBLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml").size() == 6);
}

}  // namespace nibble
