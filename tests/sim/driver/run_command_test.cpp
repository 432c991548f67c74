// `nibblesim run` from file to exit code: engines, options, cores, and what is left of a failed
// run.
#include "sim/driver/run_command.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/sim/driver/whole_run.h"

namespace nibble {

using namespace test;

TEST_CASE("Without a trace the RTL runs on random operands, and the model agrees on request") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::rtl);
  REQUIRE(run(options) == "exit 0");
  const Json bare = result_of(copy);
  CHECK(bare.at("rtl").at("operands") == "synthetic");
  CHECK(bare.at("rtl").at("compared") == 0);
  CHECK(bare.at("rtl").at("commands_run") == bare.at("rtl").at("commands"));
  CHECK(bare.at("host").at("timing_engine_cycles") == bare.at("cycles"));
  CHECK(ConfigCopy::text_of(copy.output() + "/summary.txt").find("random operands") !=
        std::string::npos);

  options.check = true;
  REQUIRE(run(options) == "exit 0");
  const Json checked = result_of(copy);
  CHECK(checked.at("rtl").at("compared").get<std::int64_t>() > 1000);
  CHECK(checked.at("rtl").at("mismatches") == 0);
  CHECK(checked.at("cycles") == bare.at("cycles"));

  options.check = false;
  options.sample = 0.05;
  REQUIRE(run(options) == "exit 0");
  const Json rtl = result_of(copy).at("rtl");
  CHECK(rtl.at("compared").get<std::int64_t>() > 0);
  CHECK(rtl.at("compared") < checked.at("rtl").at("compared"));
  CHECK(rtl.at("commands") == bare.at("rtl").at("commands"));
  CHECK(rtl.at("commands_run") < rtl.at("commands"));
  CHECK(result_of(copy).at("cycles") == bare.at("cycles"));
}

TEST_CASE(
    "The options --check and --sample belong to engine rtl without a trace, no RTL is ideal") {
  const ConfigCopy copy;
  const auto fault_of = [&](RunOptions options) {
    options.check = true;
    return run(options);
  };
  CHECK(fault_of(replay(copy, Engine::rtl)) ==
        "--check: a trace is replayed whole and compared with the trainer's, allowed for an "
        "experiment without a trace");
  CHECK(fault_of(without_trace(copy, Engine::timing)) ==
        "--check: compares the RTL with the model, allowed with engine rtl");
  RunOptions sampled = without_trace(copy, Engine::model);
  sampled.sample = 0.5;
  CHECK(run(sampled) == "--sample: compares the RTL with the model, allowed with engine rtl");
  for (const Engine engine : {Engine::rtl, Engine::model}) {
    RunOptions ideal = without_trace(copy, engine);
    ideal.sets = {"chip.ideal.array=true"};
    CHECK(run(ideal).find("chip.ideal.array: no array runs at its peak rate all the time, allowed "
                          "with engine timing") != std::string::npos);
  }
}

TEST_CASE("A check with nothing to compare says so") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::rtl);
  options.check = true;
  options.sets = {"precision.default=fp8"};
  REQUIRE(run(options) == "exit 0");
  const Json rtl = result_of(copy).at("rtl");
  CHECK(rtl.at("commands").get<std::int64_t>() > 0);
  CHECK(rtl.at("commands_run") == 0);
  CHECK(ConfigCopy::text_of(copy.output() + "/summary.txt").find("NO RESULT WAS COMPARED") !=
        std::string::npos);
}

TEST_CASE("Several cores: the RTL's cycles are the timing engine's, its bits the model's") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::rtl);
  options.check = true;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (const int cores : {1, 2, 3}) {
    INFO(cores << " cores");
    options.sets = on_cores(cores);
    REQUIRE(run(options) == "exit 0");
    const Json result = result_of(copy);
    CHECK(result.at("cores") == cores);
    CHECK(result.at("rtl").at("commands_run") == result.at("rtl").at("commands"));
    CHECK(result.at("rtl").at("compared").get<std::int64_t>() > 1'000'000);
    CHECK(result.at("rtl").at("mismatches") == 0);
    const auto cycles = result.at("cycles").get<std::int64_t>();
    CHECK(result.at("host").at("timing_engine_cycles") == cycles);
    CHECK(cycles < before);
    before = cycles;
    std::int64_t all = result.at("streaming_cycles").get<std::int64_t>();
    for (const auto& [cause, stall] : result.at("stalls").items()) all += stall.get<std::int64_t>();
    CHECK(all == cores * cycles);
    CHECK((result.at("ring").at("byte_hops") > 0) == (cores > 1));
    std::int64_t useful = 0;
    for (const Json& layer : result.at("layers")) useful += layer.at("macs").get<std::int64_t>();
    CHECK(useful == result.at("macs_useful"));
  }
}

TEST_CASE("A run that fails leaves no output folder behind") {
  const ConfigCopy copy;
  RunOptions options = replay(copy, Engine::timing);
  options.sets = {"chip.scratchpad.stream_buffer_kib=1"};
  const std::string error = run(options);
  CHECK(error.find("bytes of stream buffer, it has 1024") != std::string::npos);
  CHECK(error.find(options.experiment_file + " --set chip.scratchpad.stream_buffer_kib=1: edge") ==
        0);
  CHECK_FALSE(std::filesystem::exists(copy.output()));
}

}  // namespace nibble
