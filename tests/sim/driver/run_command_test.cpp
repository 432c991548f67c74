// `nibblesim run` from file to exit code, with the committed trace and with one altered value.
#include "sim/driver/run_command.h"

#include <cmath>
#include <cstdio>

#include <catch2/catch.hpp>

#include "models/trace/trace.h"
#include "sim/driver/child_process.h"
#include "sim/report/chip_report.h"
#include "tests/sim/driver/config_copy.h"

namespace nibble {
namespace {

using test::ConfigCopy;

constexpr const char* kTrace = "traces/resnet8_w16_step.safetensors";

/// Runs in a child, as SystemC elaborates once a process. Returns "exit N", or the error's text.
std::string run(const RunOptions& options) {
  ChildProcess child([&] {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) return std::string("no /dev/null");
    return "exit " + std::to_string(run_experiment(options));
  });
  try {
    return child.result();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

/// The quickstart without its test images.
RunOptions replay(const ConfigCopy& copy, Engine engine) {
  copy.write("experiments/replay.yaml",
             "experiment: replay\nchip: edge\nnetwork: resnet8_w16\nengine: model\n"
             "mode: training\nbatch: 8\ntrace: resnet8_w16_step\n");
  RunOptions options;
  options.experiment_file = copy.path("experiments/replay.yaml");
  options.engine = engine;
  options.output_directory = copy.output();
  return options;
}

/// The same step on random operands.
RunOptions without_trace(const ConfigCopy& copy, Engine engine) {
  copy.write("experiments/bare.yaml",
             "experiment: bare\nchip: edge\nnetwork: resnet8_w16\nengine: model\n"
             "mode: training\nbatch: 8\n");
  RunOptions options = replay(copy, engine);
  options.experiment_file = copy.path("experiments/bare.yaml");
  return options;
}

Json result_of(const ConfigCopy& copy) {
  return Json::parse(ConfigCopy::text_of(copy.output() + "/result.json"));
}

void store(const ConfigCopy& copy, const Trace& trace) { copy.write(kTrace, trace_bytes(trace)); }

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

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

TEST_CASE("--check and --sample belong to engine rtl without a trace; no RTL is ideal") {
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
