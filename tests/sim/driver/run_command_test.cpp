// `nibblesim run` from file to exit code, with the committed trace and with one altered value.
#include "sim/driver/run_command.h"

#include <limits>

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
  CHECK(result.at("host").at("timing_engine_cycles") == result.at("cycles"));
  CHECK(!ConfigCopy::text_of(copy.output() + "/summary.txt").empty());
  CHECK(!ConfigCopy::text_of(copy.output() + "/layers.csv").empty());
}

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
    "The options --check and --sample belong to engine rtl without a trace; no RTL is ideal") {
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

TEST_CASE("An ideal array takes the useful MACs over its peak rate") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  options.sets = {"chip.ideal.array=true"};
  REQUIRE(run(options) == "exit 0");
  const Json result = result_of(copy);
  CHECK(result.at("stalls").at("weight_load") == 0);
  CHECK(result.at("stalls").at("fill_drain") == 0);
  CHECK(result.at("macs_issued") == result.at("macs_useful"));
  // Each command rounds up to a cycle.
  const auto peak = result.at("array").at("macs_per_cycle").get<std::int64_t>();
  const std::int64_t least = result.at("array_macs_useful").get<std::int64_t>() / peak;
  const auto streaming = result.at("streaming_cycles").get<std::int64_t>();
  CHECK(streaming >= least);
  CHECK(streaming <= least + result.at("commands").get<std::int64_t>());
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
    CHECK(result.at("host").at("timing_engine_cycles") == result.at("cycles"));
  }
}

TEST_CASE(
    "What memoising leaves out changes nothing, and what the search saves is what is missing") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  const auto result_with = [&](const std::vector<std::string>& sets) {
    return comparable_result(copy, options, sets);
  };
  Json memoised = result_with({"batch=8"});
  Json whole = result_with({"memoise=false"});
  const Json stages = whole.at("stages_simulated");
  CHECK(stages == whole.at("layers").size());
  CHECK(memoised.at("stages_simulated") <= stages);
  memoised.erase("stages_simulated");
  whole.erase("stages_simulated");
  CHECK(memoised == whole);

  const Json searched = result_with({"mapping.search=5"});
  std::int64_t saved = 0;
  for (const Json& at : searched.at("mapping").at("changed")) {
    CHECK(at.at("rule") != at.at("found"));
    CHECK(at.at("cycles_saved") > 0);
    saved += at.at("cycles_saved").get<std::int64_t>();
    bool listed = false;
    for (const Json& layer : searched.at("layers")) {
      if (layer.at("name") != at.at("name") || layer.at("pass") != at.at("pass")) continue;
      listed = layer.at("mapping") == at.at("found");
    }
    CHECK(listed);
  }
  CHECK(saved > 0);
  CHECK(searched.at("cycles_saved_by_search") == saved);
  CHECK(searched.at("cycles").get<std::int64_t>() + saved == whole.at("cycles"));
  CHECK(searched.at("stages_simulated") > stages);
}

TEST_CASE("The footprint is the workload's: a fp16 twin keeps more alive, a larger batch as well") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  REQUIRE(run(options) == "exit 0");
  const Json result = result_of(copy);
  const Json& footprint = result.at("footprint");
  const auto peak = footprint.at("peak_bytes").get<std::int64_t>();
  std::int64_t most = 0;
  for (const Json& layer : result.at("layers")) {
    most = std::max(most, layer.at("live_bytes").get<std::int64_t>());
    if (layer.at("name") == footprint.at("peak_name") &&
        layer.at("pass") == footprint.at("peak_pass")) {
      CHECK(layer.at("live_bytes") == peak);
    }
  }
  CHECK(peak == most);
  const Json& twin = result.at("baseline_fp16").at("footprint");
  CHECK(twin.at("peak_bytes") > peak);
  // Master weights, momentum and images are the same; a quantiser's sums are the chip's alone.
  const auto kept = footprint.at("persistent_bytes").get<std::int64_t>();
  CHECK(twin.at("persistent_bytes") <= kept);
  CHECK(twin.at("persistent_bytes") > 0.99 * static_cast<double>(kept));
  options.sets = {"batch=16"};
  REQUIRE(run(options) == "exit 0");
  CHECK(result_of(copy).at("footprint").at("peak_bytes") > peak);
}

TEST_CASE("result.json has the keys that others rely on, and they agree with each other") {
  const ConfigCopy copy;
  REQUIRE(run(replay(copy, Engine::timing)) == "exit 0");
  const Json result = result_of(copy);
  for (const char* key : {"schema",
                          "experiment",
                          "chip",
                          "network",
                          "engine",
                          "seed",
                          "cycles",
                          "time_s",
                          "macs_useful",
                          "macs_issued",
                          "utilization",
                          "sustained_tops",
                          "peak_tops",
                          "steps_per_s",
                          "stalls",
                          "dram",
                          "energy_j",
                          "average_power_w",
                          "tops_per_w",
                          "area_mm2",
                          "baseline_fp16",
                          "speedup_vs_fp16",
                          "energy_gain_vs_fp16",
                          "peak_ratio_vs_fp16",
                          "loss_waterfall",
                          "layers",
                          "host"}) {
    INFO(key);
    CHECK(result.contains(key));
  }
  CHECK(result.at("engine") == "timing");
  std::int64_t cycles = 0, macs = 0, stalls = 0, dram_bytes = 0;
  double energy = 0;
  for (const Json& layer : result.at("layers")) {
    cycles += layer.at("cycles").get<std::int64_t>();
    macs += layer.at("macs").get<std::int64_t>();
    dram_bytes += layer.at("dram_bytes").get<std::int64_t>();
    energy += layer.at("energy_j").get<double>();
  }
  for (const auto& [cause, stall] : result.at("stalls").items())
    stalls += stall.get<std::int64_t>();
  CHECK(cycles == result.at("cycles"));
  CHECK(macs == result.at("macs_useful"));
  CHECK(stalls + result.at("streaming_cycles").get<std::int64_t>() == result.at("cycles"));
  CHECK(near(energy, result.at("energy_j").at("total").get<double>()));
  const Json& dram = result.at("dram");
  CHECK(dram.at("bytes_read").get<std::int64_t>() + dram.at("bytes_written").get<std::int64_t>() >=
        dram_bytes);
  CHECK(dram_bytes >= dram.at("compulsory_bytes"));
  const Json& twin = result.at("baseline_fp16");
  CHECK(near(result.at("speedup_vs_fp16").get<double>(),
             twin.at("time_s").get<double>() / result.at("time_s").get<double>()));
  double factors = 1;
  for (const Json& step : result.at("loss_waterfall")) factors *= step.at("factor").get<double>();
  CHECK(near(factors, result.at("speedup_vs_fp16").get<double>()));
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
  CHECK(first.find("s2.conv2 wgrad: element 321, got ") == 0);
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

TEST_CASE("A run that fails leaves no output folder behind") {
  const ConfigCopy copy;
  RunOptions options = replay(copy, Engine::timing);
  options.sets = {"chip.scratchpad.stream_buffer_kib=1"};
  const std::string error = run(options);
  CHECK(error.find("bytes of stream buffer, it has 1024") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(copy.output()));
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
