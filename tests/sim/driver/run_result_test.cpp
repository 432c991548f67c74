// What result.json says of whole runs: keys that agree with each other, and with other runs.
#include <catch2/catch.hpp>

#include "tests/sim/driver/whole_run.h"

namespace nibble {

using namespace test;

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

TEST_CASE("An epoch of chips that train together is steps of all their batches, and their joules") {
  const ConfigCopy copy;
  const RunOptions options = without_trace(copy, Engine::timing);
  const auto result_of_workers = [&](int workers) {
    return comparable_result(
        copy, options,
        {"chip.link.workers=" + std::to_string(workers), "chip.link.gb_per_s=10",
         "chip.link.latency_us=1", "batch=4", "epoch.samples=100", "epoch.battery_wh=1"});
  };
  const Json alone = result_of_workers(1), three = result_of_workers(3);
  CHECK(alone.at("epoch").at("steps") == 25);
  CHECK(three.at("epoch").at("steps") == 9);
  // The same MACs each, and the exchange of gradients beside them.
  CHECK(three.at("macs_useful") == alone.at("macs_useful"));
  CHECK(three.at("time_s") > alone.at("time_s"));
  for (const auto& [result, steps, chips] : {std::tuple{alone, 25, 1}, {three, 9, 3}}) {
    const Json& epoch = result.at("epoch");
    const double joules = result.at("energy_j").at("total").get<double>() * steps * chips;
    CHECK(epoch.at("time_s").get<double>() == Approx(result.at("time_s").get<double>() * steps));
    CHECK(epoch.at("energy_j").get<double>() == Approx(joules));
    CHECK(epoch.at("battery_percent").get<double>() == Approx(joules / 36));
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

TEST_CASE(
    "Each layer that multiplies is listed once, under the arithmetic that the policy gave it") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  options.sets = {"precision.default=int4_fp4", "precision.first=fp16", "precision.last=fp16",
                  "precision.shortcut=fp8"};
  REQUIRE(run(options) == "exit 0");
  const Json result = result_of(copy);
  CHECK(result.at("trace").is_null());
  const Json expected = {
      {"int4_fp4", {"s1.conv1", "s1.conv2", "s2.conv1", "s2.conv2", "s3.conv1", "s3.conv2"}},
      {"fp16", {"conv1", "fc"}},
      {"fp8", {"s2.shortcut", "s3.shortcut"}}};
  CHECK(result.at("precision") == expected);
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
                          "energy_range_j",
                          "average_power_w",
                          "tops_per_w",
                          "area_mm2",
                          "baseline_fp16",
                          "speedup_vs_fp16",
                          "energy_gain_vs_fp16",
                          "energy_gain_range_vs_fp16",
                          "energy_gain_without_dram",
                          "energy_gain_range_without_dram",
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
  const auto joules = [](const Json& parts, const char* part) {
    return parts.at(part).get<double>();
  };
  for (const Json* chip : {&result, &twin}) {
    for (const auto& [part, value] : chip->at("energy_j").items()) {
      INFO(part);
      const Json& range = chip->at("energy_range_j");
      CHECK(joules(range.at("low"), part.c_str()) <= value.get<double>());
      CHECK(joules(range.at("high"), part.c_str()) >= value.get<double>());
    }
  }
  const Json &energy_j = result.at("energy_j"), &twin_j = twin.at("energy_j");
  CHECK(near(result.at("energy_gain_vs_fp16").get<double>(),
             joules(twin_j, "total") / joules(energy_j, "total")));
  CHECK(near(result.at("energy_gain_without_dram").get<double>(),
             (joules(twin_j, "total") - joules(twin_j, "dram")) /
                 (joules(energy_j, "total") - joules(energy_j, "dram"))));
  for (const char* of : {"vs_fp16", "without_dram"}) {
    const Json& gain = result.at(std::string("energy_gain_") + of);
    const Json& range = result.at(std::string("energy_gain_range_") + of);
    CHECK(range.at("low") < gain);
    CHECK(gain < range.at("high"));
  }
  double factors = 1;
  for (const Json& step : result.at("loss_waterfall")) factors *= step.at("factor").get<double>();
  CHECK(near(factors, result.at("speedup_vs_fp16").get<double>()));
}

}  // namespace nibble
