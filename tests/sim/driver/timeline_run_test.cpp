// `nibblesim run --timeline`: the same for every engine and with memoised stages, and in accord
// with result.json.
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "tests/sim/driver/whole_run.h"

namespace nibble {
namespace {

using namespace test;

struct Run {
  Json result, timeline;
  std::string text;  // of the timeline
};

Run run_with_timeline(const ConfigCopy& copy, RunOptions options,
                      const std::vector<std::string>& sets) {
  options.sets = sets;
  if (options.timeline.file.empty()) options.timeline.file = copy.output() + "/timeline.json";
  REQUIRE(run(options) == "exit 0");
  Run outcome;
  outcome.result = result_of(copy);
  outcome.text = ConfigCopy::text_of(options.timeline.file);
  outcome.timeline = Json::parse(outcome.text);
  return outcome;
}

/// The events alone: what is said of the run as a whole names the engine.
std::string events(const Run& run) { return run.text.substr(run.text.find("\"traceEvents\"")); }

Cycles cycles_in(const Json& microseconds, double clock_mhz) {
  return std::llround(microseconds.get<double>() * clock_mhz);
}

/// Every law that a whole timeline keeps.
void check_laws(const Run& run) {
  const double clock_mhz = run.result.at("clock_mhz").get<double>();
  const auto cycles = run.result.at("cycles").get<Cycles>();
  const Json& layers = run.result.at("layers");
  std::map<int, Cycles> track_ends;
  std::map<std::string, Cycles> busy;
  std::map<std::string, double> dram;
  std::map<std::size_t, std::int64_t> macs;
  std::size_t stages = 0;
  std::int64_t commands = 0;
  for (const Json& event : run.timeline.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    const Json& arguments = event.at("args");
    const Cycles begin = cycles_in(event.at("ts"), clock_mhz);
    const Cycles length = cycles_in(event.at("dur"), clock_mhz);
    REQUIRE(length >= 0);
    REQUIRE(arguments.at("begin_cycle") == begin);
    REQUIRE(arguments.at("cycles") == length);
    Cycles& track_end = track_ends[event.at("tid").get<int>()];
    REQUIRE(begin >= track_end);
    track_end = begin + length;
    REQUIRE(track_end <= cycles);
    const auto stage = arguments.at("stage").get<std::size_t>();
    const Json& layer = layers.at(stage);
    const std::string name =
        layer.at("name").get<std::string>() + " " + layer.at("pass").get<std::string>();
    if (event.at("cat") == "stage") {
      REQUIRE(stage == stages++);
      REQUIRE(event.at("name") == name);
      REQUIRE(layer.at("cycles") == length);
      continue;
    }
    REQUIRE(event.at("name").get<std::string>().rfind(name + " ", 0) == 0);
    busy[event.at("cat")] += length;
    macs[stage] += arguments.value("macs", std::int64_t{0});
    dram[event.at("cat")] += arguments.value("bytes", 0.0);
    ++commands;
  }
  CHECK(stages == layers.size());
  CHECK(run.result.at("commands") == commands);
  for (const auto& [unit, all] : run.result.at("busy_cycles").items()) {
    INFO(unit);
    CHECK(busy[unit] == all.get<Cycles>());
  }
  for (std::size_t stage = 0; stage < layers.size(); ++stage) {
    REQUIRE(layers.at(stage).at("macs") == macs[stage]);
  }
  CHECK(run.timeline.at("otherData").at("left_out") == "nothing");
}

/// Over all intervals: bytes and cycles that the counters stand for.
double counter_sum(const Run& run, const std::string& name, const std::string& series) {
  double sum = 0, value = 0, since = 0;
  for (const Json& event : run.timeline.at("traceEvents")) {
    if (event.at("ph") != "C" || event.at("name") != name) continue;
    const auto now = event.at("ts").get<double>();
    sum += value * (now - since);
    since = now;
    value = event.at("args").at(series).get<double>();
  }
  CHECK(value == 0);  // ends with the run
  return sum;
}

void check_counters(const Run& run) {
  const double bytes = counter_sum(run, "DRAM, GB/s", "read") * 1e3;  // GB/s x us
  double asked = 0;
  for (const Json& event : run.timeline.at("traceEvents")) {
    if (event.at("ph") != "X" || event.at("cat") != "dma_load") continue;
    asked += event.at("args").at("bytes").get<double>();
  }
  CHECK(std::abs(bytes - asked) < 1e-6 * asked);
  const double streaming = counter_sum(run, "main arrays, %", "streaming") / 100 *
                           run.result.at("clock_mhz").get<double>() *
                           run.result.at("cores").get<double>();
  const auto wanted = run.result.at("streaming_cycles").get<double>();
  CHECK(std::abs(streaming - wanted) < 1e-6 * wanted);
}

}  // namespace

TEST_CASE("A timeline keeps the laws of its run, whichever engine ran it") {
  const ConfigCopy copy;
  const Run timing = run_with_timeline(copy, replay(copy, Engine::timing), {"twin=none"});
  check_laws(timing);
  check_counters(timing);
  const Run model = run_with_timeline(copy, replay(copy, Engine::model), {"twin=none"});
  CHECK(events(model) == events(timing));
  const Run rtl = run_with_timeline(copy, without_trace(copy, Engine::rtl), {"twin=none"});
  CHECK(events(rtl) == events(timing));
}

TEST_CASE("Stages that are known from like ones have their timeline, shifted") {
  const ConfigCopy copy;
  RunOptions options;
  options.experiment_file = copy.path("experiments/any_network.yaml");
  options.output_directory = copy.output();
  const std::vector<std::string> sets = {"twin=none", "network=resnet18"};
  const Run memoised = run_with_timeline(copy, options, sets);
  check_laws(memoised);
  CHECK(memoised.result.at("stages_simulated").get<std::size_t>() <
        memoised.result.at("layers").size());
  const Run plain =
      run_with_timeline(copy, options, {"twin=none", "network=resnet18", "memoise=false"});
  CHECK(plain.text == memoised.text);
}

TEST_CASE("Several cores, a ring, a link, a search and another clock keep the laws, too") {
  const ConfigCopy copy;
  std::vector<std::string> sets = on_cores(3);
  for (const char* set :
       {"twin=none", "mapping.search=1", "chip.clock_mhz=1600", "chip.link.workers=4",
        "chip.link.gb_per_s=10", "chip.link.latency_us=1"}) {
    sets.emplace_back(set);
  }
  const Run run = run_with_timeline(copy, without_trace(copy, Engine::timing), sets);
  check_laws(run);
  check_counters(run);
  std::set<std::string> units;
  for (const Json& event : run.timeline.at("traceEvents")) {
    if (event.at("ph") == "X") units.insert(event.at("cat"));
  }
  CHECK(units.size() == kUnits + 1);  // and the stages
}

TEST_CASE("Beside twin and what-if runs the timeline is the chip's") {
  const ConfigCopy copy;
  const Run alone = run_with_timeline(copy, replay(copy, Engine::timing), {"twin=none"});
  const Run both = run_with_timeline(copy, replay(copy, Engine::timing), {});
  CHECK(both.text == alone.text);
}

TEST_CASE("A run that fails leaves no timeline and no temporary file") {
  const ConfigCopy copy;
  RunOptions options = replay(copy, Engine::timing);
  const std::filesystem::path folder = std::filesystem::path(copy.output()).parent_path() / "made";
  std::filesystem::create_directory(folder);
  options.output_directory.clear();
  options.sets = {"twin=none"};
  options.timeline.file = (folder / "t.json").string();
  for (const char* window : {"99999999:", "nothing forward", "5:5"}) {
    options.timeline.window = window;
    CHECK(run(options).rfind("--timeline-window: ", 0) == 0);
    CHECK(std::filesystem::is_empty(folder));
  }
  options.timeline.window = "s1.* dgrad";
  options.timeline.events = 100;
  CHECK(run(options) == "exit 0");
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
}

}  // namespace nibble
