// Chip, twin and what lies between them, as a whole run reports them.
#include "sim/driver/timed_chips.h"

#include <catch2/catch.hpp>

#include "tests/sim/driver/whole_run.h"

namespace nibble {

using namespace test;

TEST_CASE("A twin in fp8 has twice the peak on the same silicon, and half the density to lose") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  REQUIRE(run(options) == "exit 0");
  const Json fp16 = result_of(copy);
  options.sets = {"twin_precision=fp8"};
  REQUIRE(run(options) == "exit 0");
  const Json fp8 = result_of(copy);
  const Json& twin = fp8.at("baseline_fp16");
  CHECK(fp16.at("baseline_fp16").at("precision") == "fp16");
  CHECK(twin.at("precision") == "fp8");
  const Json& array = twin.at("array");
  const auto fmas = array.at("lanes").get<std::int64_t>() * array.at("columns").get<std::int64_t>();
  CHECK(array.at("macs_per_cycle") == 2 * fmas);
  CHECK(near(twin.at("peak_tops").get<double>(), 2 * 2 * static_cast<double>(fmas) * 1e9 / 1e12));
  CHECK(twin.at("utilization") < 1);
  CHECK(twin.at("time_s") < fp16.at("baseline_fp16").at("time_s"));
  CHECK(near(fp8.at("loss_waterfall")[0].at("ratio").get<double>(),
             fp8.at("silicon").at("area_ratio").get<double>() / 2));
  double factors = 1;
  for (const Json& step : fp8.at("loss_waterfall")) factors *= step.at("factor").get<double>();
  CHECK(near(factors, fp8.at("speedup_vs_fp16").get<double>()));
}

TEST_CASE(
    "Without a twin there is no speed-up, without a waterfall no factor, the rest is the same") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  const auto result_with = [&](const std::vector<std::string>& sets) {
    return comparable_result(copy, options, sets);
  };
  Json whole = result_with({});
  const std::string table = ConfigCopy::text_of(copy.output() + "/layers.csv");
  const Json no_waterfall = result_with({"waterfall=false"});
  REQUIRE(whole.erase("loss_waterfall") == 1);
  CHECK(no_waterfall == whole);
  CHECK(ConfigCopy::text_of(copy.output() + "/summary.txt").find("From the peak ratio") ==
        std::string::npos);

  const Json alone = result_with({"twin=none"});
  for (const char* key :
       {"baseline_fp16", "speedup_vs_fp16", "energy_gain_vs_fp16", "energy_gain_range_vs_fp16",
        "energy_gain_without_dram", "energy_gain_range_without_dram", "peak_ratio_vs_fp16"}) {
    REQUIRE(whole.erase(key) == 1);
  }
  CHECK(alone == whole);
  CHECK(ConfigCopy::text_of(copy.output() + "/layers.csv") == table);
}

TEST_CASE("A chip of several cores loses a factor to its ring, and the factors still multiply") {
  const ConfigCopy copy;
  RunOptions options = without_trace(copy, Engine::timing);
  options.sets = on_cores(4);
  REQUIRE(run(options) == "exit 0");
  const Json result = result_of(copy);
  double factors = 1;
  bool ring = false;
  for (const Json& step : result.at("loss_waterfall")) {
    factors *= step.at("factor").get<double>();
    ring = ring || step.at("name") == "ring";
  }
  CHECK(ring);
  CHECK(near(factors, result.at("speedup_vs_fp16").get<double>()));
  CHECK(result.at("baseline_fp16").at("cores") == 4);
}

}  // namespace nibble
