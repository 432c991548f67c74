// Traces replayed by `nibblesim run`: the committed one, ones with an altered value, ones of
// something else.
#include <catch2/catch.hpp>

#include "models/trace/trace.h"
#include "tests/sim/driver/whole_run.h"

namespace nibble {
namespace {

using namespace test;

constexpr const char* kTrace = "traces/resnet8_w16_step.safetensors";

void store(const ConfigCopy& copy, const Trace& trace) { copy.write(kTrace, trace_bytes(trace)); }

}  // namespace

TEST_CASE("The committed trace replays without a mismatch and gives all result files") {
  const ConfigCopy copy;
  REQUIRE(run(replay(copy, Engine::model)) == "exit 0");
  const Json result = result_of(copy);
  const Trace trace = read_trace(copy.path(kTrace));
  std::int64_t values = 0;
  for (const TraceOperation& operation : trace.operations) {
    values += static_cast<std::int64_t>(trace.values.at(operation.result).size());
  }
  CHECK(result.at("rtl").at("compared") == values);
  CHECK(result.at("rtl").at("mismatches") == 0);
  CHECK(result.at("trace") == "resnet8_w16_step");
  CHECK(result.at("host").at("timing_engine_cycles") == result.at("cycles"));
  CHECK(!ConfigCopy::text_of(copy.output() + "/summary.txt").empty());
  CHECK(!ConfigCopy::text_of(copy.output() + "/layers.csv").empty());
}

TEST_CASE(
    "On several cores a trace is refused where a sum is shared out, and replays where none is") {
  const ConfigCopy copy;
  RunOptions options = replay(copy, Engine::model);
  options.sets = on_cores(2);
  const std::string refused = run(options);
  CHECK(
      refused.find("wgrad is added up from parts of several cores, which round otherwise than the "
                   "trainer, allowed with one core") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(copy.output()));

  std::string pins = "mapping:\n  pin:\n";
  for (const char* layer : {"conv1", "s1.conv1", "s1.conv2", "s2.conv1", "s2.conv2", "s2.shortcut",
                            "s3.conv1", "s3.conv2", "s3.shortcut", "fc"}) {
    pins += std::string("    ") + layer + " wgrad: {split: rows}\n";
  }
  const std::string file = "experiments/replay.yaml";
  copy.write(file, ConfigCopy::text_of(copy.path(file)) + pins);
  for (const Engine engine : {Engine::model, Engine::rtl}) {
    options.engine = engine;
    REQUIRE(run(options) == "exit 0");
    const Json result = result_of(copy);
    CHECK(result.at("rtl").at("compared").get<std::int64_t>() > 1'000'000);
    CHECK(result.at("rtl").at("mismatches") == 0);
    CHECK(result.at("mapping").at("pinned") == 10);
    REQUIRE(result.at("mapping").at("pins").size() == 10);
    const Json first = {{"name", "s1.conv2"},
                        {"pass", "wgrad"},
                        {"gemms", 1},
                        {"mapping", "split rows, hold stationary, blocks auto x auto x auto"}};
    const Json& listed = result.at("mapping").at("pins");
    CHECK(std::find(listed.begin(), listed.end(), first) != listed.end());
    CHECK(result.at("host").at("timing_engine_cycles") == result.at("cycles"));
  }
}

TEST_CASE("One altered result in a trace whose sums are right is found, named, and fails the run") {
  const ConfigCopy copy;
  Trace trace = read_trace(copy.path(kTrace));
  const TraceOperation* altered = nullptr;
  for (const TraceOperation& operation : trace.operations) {
    if (operation.layer == "s2.conv2" && operation.pass == GemmPass::wgrad) altered = &operation;
  }
  REQUIRE(altered != nullptr);
  Fp16Code& code = trace.values.at(altered->result).at(321);
  code = static_cast<Fp16Code>(code ^ 1);
  store(copy, trace);
  CHECK(run(replay(copy, Engine::model)) == "exit 1");
  const Json rtl = result_of(copy).at("rtl");
  CHECK(rtl.at("mismatches") == 1);
  const std::string first = rtl.at("first_mismatch");
  CHECK(first.find("s2.conv2 wgrad: element 321 [1,0,1,1], got ") == 0);
}

TEST_CASE("One altered operand in a trace is found as well") {
  const ConfigCopy copy;
  Trace trace = read_trace(copy.path(kTrace));
  const TraceOperation* altered = nullptr;
  for (const TraceOperation& operation : trace.operations) {
    if (operation.layer == "s1.conv1" && operation.pass == GemmPass::forward) altered = &operation;
  }
  REQUIRE(altered != nullptr);
  // The weight that changes most, 7 to -8; some pixel under it is not zero.
  std::vector<NibbleCode>& weights = trace.codes.at(altered->stationary);
  const auto largest = std::find(weights.begin(), weights.end(), NibbleCode{7});
  REQUIRE(largest != weights.end());
  *largest = 8;
  store(copy, trace);
  CHECK(run(replay(copy, Engine::model)) == "exit 1");
  CHECK(result_of(copy).at("rtl").at("mismatches").get<std::int64_t>() > 10);
}

TEST_CASE("A trace of another network, batch or arithmetic is refused") {
  const ConfigCopy copy;
  const Trace good = read_trace(copy.path(kTrace));
  const auto error_with = [&](auto change) {
    Trace trace = good;
    change(trace);
    store(copy, trace);
    return run(replay(copy, Engine::model));
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(error_with([](Trace& trace) { trace.network = "resnet9"; }),
                 "step.safetensors: is of network resnet9"));
  CHECK(contains(error_with([](Trace& trace) { trace.chunk_len = 32; }), "chunks of 32"));
  CHECK(contains(error_with([](Trace& trace) { trace.fp16_chunk_len = 64; }), "chunks of 64"));
  CHECK(contains(error_with([](Trace& trace) { trace.accumulator = AccumulatorType::fp16; }),
                 "accumulator"));
}

}  // namespace nibble
