// The file of a small hand-made run, whole and in parts.
#include "sim/timeline/timeline.h"

#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>
#include <zlib.h>

#include "tests/sim/support/golden.h"
#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;
using Json = Timeline::Json;

std::string temporary_file() {
  return std::string(P_tmpdir) + "/nibble_timeline_test_" + std::to_string(getpid()) + ".json";
}

struct Written {
  std::string text, left_out;
  bool empty = false;
  [[nodiscard]] Json json() const { return Json::parse(text); }
};

/// The made-up run as a timeline; `runs` times in a row.
Written write(const TimelineOptions& options, int runs = 1, bool gzip = false) {
  const ChipConfig chip = plain_chip();
  MadeUpRun made;
  const RunStatistics statistics = collect_statistics(made.made.program(), chip, made.run);
  Timeline timeline(chip, options);
  for (int i = 0; i < runs; ++i) timeline.add(made.made.program(), made.run, statistics);
  Written written{{}, timeline.left_out(), timeline.is_empty()};
  if (written.empty) return written;
  const std::string file = temporary_file();
  timeline.write(file, gzip, {{"network", "made up"}});
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  written.text = bytes.str();
  std::remove(file.c_str());
  return written;
}

std::vector<Json> commands_of(const Json& file) {
  std::vector<Json> commands;
  for (const Json& event : file.at("traceEvents")) {
    if (event.at("ph") == "X" && event.at("cat") != "stage") commands.push_back(event);
  }
  return commands;
}

}  // namespace

TEST_CASE("The timeline of a small run is the committed one") {
  const Written written = write({});
  CHECK(golden_difference("sim/timeline/made_up_timeline.json", written.text).empty());
  CHECK(written.left_out.empty());
  CHECK(commands_of(written.json()).size() == 10);
}

TEST_CASE("A later part of the run goes on where the one before has ended") {
  const std::vector<Json> once = commands_of(write({}).json());
  const std::vector<Json> twice = commands_of(write({}, 2).json());
  REQUIRE(twice.size() == 2 * once.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    Json shifted = once[i];
    shifted["ts"] = twice[i + once.size()].at("ts");
    shifted["args"]["stage"] = once[i].at("args").at("stage").get<int>() + 2;
    shifted["args"]["begin_cycle"] = once[i].at("args").at("begin_cycle").get<Cycles>() + 110;
    if (shifted["args"].contains("under_way_since_cycle")) {
      shifted["args"]["under_way_since_cycle"] =
          once[i].at("args").at("under_way_since_cycle").get<Cycles>() + 110;
    }
    CHECK(shifted == twice[i + once.size()]);
    CHECK(twice[i] == once[i]);
  }
}

TEST_CASE("A window by cycles shows the commands that run in it and says what it leaves out") {
  TimelineOptions options;
  options.window = TimelineWindow("46:72", "");
  const Written written = write(options);
  std::vector<std::string> units;
  for (const Json& event : commands_of(written.json())) units.push_back(event.at("cat"));
  CHECK(units == std::vector<std::string>{"sfu", "fp16_tile", "dma_load", "sequencer"});
  CHECK(written.left_out == "6 of 10 commands are outside the window 46:72");
  CHECK(written.json().at("otherData").at("left_out") == written.left_out);
}

TEST_CASE("A window by stage shows its commands alone") {
  TimelineOptions options;
  options.window = TimelineWindow("other update", "");
  const std::vector<Json> commands = commands_of(write(options).json());
  REQUIRE(commands.size() == 3);
  for (const Json& event : commands) CHECK(event.at("args").at("stage") == 1);
}

TEST_CASE("A window behind the end shows nothing") {
  TimelineOptions options;
  options.window = TimelineWindow("110:", "");
  CHECK(write(options).empty);
  options.window = TimelineWindow("109:", "");
  CHECK_FALSE(write(options).empty);
}

TEST_CASE("Too many commands are merged, and file and note say so") {
  TimelineOptions options;
  options.most_slices = 8;
  const Written written = write(options);
  CHECK(written.left_out ==
        "an event stands for up to 2 commands that follow one another in a unit (at most 8 events "
        "of commands)");
  const Json json = written.json();
  CHECK(json.at("otherData").at("left_out") == written.left_out);
  CHECK(json.at("otherData").at("commands_shown") == 10);
  const std::vector<Json> commands = commands_of(json);
  CHECK(commands.size() == 8);
  bool found = false;
  for (const Json& event : commands) {
    if (event.at("name") != "layer forward load x 2") continue;
    found = true;
    CHECK(event.at("args").at("commands") == 2);
    CHECK(event.at("args").at("bytes") == 1536);
    CHECK(event.at("args").at("busy_cycles") == 65);
  }
  CHECK(found);
  options.most_slices = 2;
  CHECK(write(options).left_out.find("commands are missing") != std::string::npos);
}

TEST_CASE("A file with gzip holds the same text") {
  const Written compressed = write({}, 1, true);
  const Written plain = write({});
  REQUIRE(compressed.text.size() < plain.text.size() / 3);
  REQUIRE(compressed.text.substr(0, 2) == "\x1f\x8b");
  const std::string file = temporary_file();
  std::ofstream(file, std::ios::binary) << compressed.text;
  std::string text(plain.text.size() + 1, '\0');
  const gzFile opened = gzopen(file.c_str(), "rb");
  text.resize(
      static_cast<std::size_t>(gzread(opened, text.data(), static_cast<unsigned>(text.size()))));
  gzclose(opened);
  std::remove(file.c_str());
  CHECK(text == plain.text);
}

TEST_CASE("Times are such that Perfetto, which cuts them to nanoseconds, sees them whole") {
  const std::string file = temporary_file();
  for (const std::int64_t period : {1000, 625, 800, 10000}) {
    {
      TraceEventFile trace(file, false, period, {{"a", 1}});
      for (Cycles at = 0; at < 20000; ++at)
        trace.slice({1, 1}, "x", "c", at, at + 1, Json::object());
      trace.finish();
    }
    std::ifstream stream(file);
    const Json json = Json::parse(stream);
    std::int64_t number = 0;
    bool whole = true;
    for (const Json& event : json.at("traceEvents")) {
      const auto read_ns = static_cast<std::int64_t>(event.at("ts").get<double>() * 1000.0);
      whole = whole && read_ns == number * period / 1000;
      ++number;
    }
    INFO("period " << period);
    CHECK(whole);
    CHECK(number == 20000);
  }
  std::remove(file.c_str());
}

TEST_CASE("A file that cannot be written is a fault") {
  CHECK_THROWS_WITH(TraceEventFile("/nowhere/at/all.json", false, 1000, Json::object()),
                    Catch::Matchers::Contains("No such file"));
}

}  // namespace nibble
