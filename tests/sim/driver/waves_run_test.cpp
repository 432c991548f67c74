// `nibblesim run --waves`: the command that was asked for, when the timeline says it ran.
#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/sim/driver/whole_run.h"
#include "tests/sim/support/wave_file.h"

namespace nibble {
namespace {

using namespace test;

/// The experiment without a trace, its timeline in the output folder beside its waves.
RunOptions with_waves(const ConfigCopy& copy) {
  RunOptions options = without_trace(copy, Engine::rtl);
  options.sets = {"twin=none"};
  options.timeline.file = copy.output() + "/timeline.json";
  options.waves.file = copy.output() + "/command.fst";
  return options;
}

/// Arguments of the commands of a stage on an array, in order.
std::vector<Json> array_commands(const ConfigCopy& copy, const std::string& stage) {
  std::vector<Json> commands;
  const Json timeline = Json::parse(ConfigCopy::text_of(copy.output() + "/timeline.json"));
  for (const Json& event : timeline.at("traceEvents")) {
    if (event.at("ph") == "X" && event.at("name") == stage + " gemm") {
      commands.push_back(event.at("args"));
    }
  }
  return commands;
}

void check_waves(const ConfigCopy& copy, const Json& command) {
  const WaveFile waves = read_waves(copy.output() + "/command.fst", {"clk_i", "a_valid_i"});
  const std::vector<WaveFile::Moment> edges = rising_edges(waves);
  CHECK(edges.size() == command.at("cycles").get<std::size_t>());
  CHECK(waves.moments.front().time_ps == command.at("begin_cycle").get<std::uint64_t>() * 1000);
  const auto streamed = std::count_if(edges.begin(), edges.end(), [](const auto& edge) {
    return edge.values.at("a_valid_i") == "1";
  });
  CHECK(streamed == command.at("streaming_cycles").get<Cycles>());
}

}  // namespace

TEST_CASE("Waves are of the first command on a tile unless another is named") {
  const ConfigCopy copy;
  RunOptions options = with_waves(copy);
  REQUIRE(run(options) == "exit 0");
  check_waves(copy, array_commands(copy, "conv1 forward").front());  // on the FP16 tile

  options.waves.stage = "s1.conv1 dgrad";
  REQUIRE(run(options) == "exit 0");
  const std::vector<Json> commands = array_commands(copy, "s1.conv1 dgrad");
  check_waves(copy, commands.front());

  REQUIRE(commands.size() > 3);
  options.waves.command = commands[3].at("command").get<std::int64_t>();
  REQUIRE(run(options) == "exit 0");
  check_waves(copy, commands[3]);
  CHECK(std::distance(std::filesystem::directory_iterator(copy.output()), {}) == 5);
}

TEST_CASE("A command that goes on with a reduction is shown with the sums it begins with") {
  const ConfigCopy copy;
  RunOptions options = with_waves(copy);
  options.sets = {"twin=none", "mapping.pin.\"s2.conv2 forward\".rows=128",
                  "mapping.pin.\"s2.conv2 forward\".depth=64"};
  options.waves.stage = "s2.conv2 forward";
  REQUIRE(run(options) == "exit 0");
  const std::vector<Json> commands = array_commands(copy, "s2.conv2 forward");
  const auto last = std::find_if(commands.begin(), commands.end(), [](const Json& command) {
    const auto block = command.at("block").get<std::string>();
    return block.size() > 9 && block.substr(block.size() - 9) == "k 256:288";
  });
  REQUIRE(last != commands.end());
  options.waves.command = last->at("command").get<std::int64_t>();
  options.sample = 0.01;              // it is shown though the sample has it not
  REQUIRE(run(options) == "exit 0");  // or the recorder would have told results apart
  check_waves(copy, *last);
}

TEST_CASE("Waves leave cycles, results and the timeline as they are") {
  const ConfigCopy copy;
  RunOptions options = with_waves(copy);
  REQUIRE(run(options) == "exit 0");
  Json with = result_of(copy);
  const std::string timeline = ConfigCopy::text_of(options.timeline.file);
  options.waves = {};
  REQUIRE(run(options) == "exit 0");
  Json without = result_of(copy);
  with.erase("host");
  without.erase("host");
  CHECK(with == without);
  CHECK(ConfigCopy::text_of(options.timeline.file) == timeline);
}

TEST_CASE("The replay of a trace has waves, too, and they agree with the trainer's values") {
  const ConfigCopy copy;
  RunOptions options = replay(copy, Engine::rtl);
  options.sets = {"twin=none"};
  options.timeline.file = copy.output() + "/timeline.json";
  options.waves.file = copy.output() + "/command.fst";
  options.waves.stage = "s2.conv1 wgrad";
  REQUIRE(run(options) == "exit 0");
  CHECK(result_of(copy).at("rtl").at("mismatches") == 0);
  check_waves(copy, array_commands(copy, "s2.conv1 wgrad").front());
}

}  // namespace nibble
