#include "sim/report/waterfall.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// One row of one tile, so that `macs_per_cycle` is its columns.
Json report(double time_s, double array_macs, double other_macs, double macs_per_cycle,
            double fp16_fmas, double tile_busy, double fp16_busy) {
  const double other_cycles = other_macs > 0 ? other_macs / fp16_fmas : 0;
  return {{"clock_mhz", 1000.0},
          {"time_s", time_s},
          {"silicon", {{"area_ratio", 7.3}}},
          {"peak_tops", 2 * macs_per_cycle / 1000},
          {"cycles_at_peak", array_macs / macs_per_cycle + other_cycles},
          {"array",
           {{"lanes", 1},
            {"columns", macs_per_cycle},
            {"tiles", 1},
            {"macs_per_cycle", macs_per_cycle}}},
          {"busy_cycles", {{"tile", tile_busy}, {"fp16_tile", fp16_busy}}}};
}

// A 4-bit chip of 4,000 MACs a cycle with a small FP16 tile of 200, and a twin of 800.
const Json kChip = report(100e-6, 80e6, 4e6, 4000, 200, 50'000, 30'000);
const Json kChipNoDram = report(90e-6, 80e6, 4e6, 4000, 200, 50'000, 30'000);
const Json kChipArraysOnly = report(81e-6, 80e6, 4e6, 4000, 200, 50'000, 30'000);
const Json kTwin = report(240e-6, 84e6, 0, 800, 0, 200'000, 0);
const Json kTwinNoDram = report(225e-6, 84e6, 0, 800, 0, 200'000, 0);
const Json kTwinArraysOnly = report(202e-6, 84e6, 0, 800, 0, 200'000, 0);

Json waterfall(bool equal_area) {
  return loss_waterfall({kChip, kChipNoDram, kChipNoDram, kChipArraysOnly},
                        {kTwin, kTwinNoDram, kTwinNoDram, kTwinArraysOnly}, equal_area);
}

}  // namespace

TEST_CASE("The waterfall's ratios are those of the closed forms and of the what-if runs") {
  const Json steps = waterfall(true);
  REQUIRE(steps.size() == 7);
  const double wanted[] = {7.3,
                           4000.0 / 800,
                           (84e6 / 800) / (80e6 / 4000 + 4e6 / 200),  // MACs at peak
                           200'000.0 / 80'000,                        // arrays busy
                           202.0 / 81,
                           225.0 / 90,
                           240.0 / 100};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO(steps[i].at("name").get<std::string>());
    CHECK(steps[i].at("ratio").get<double>() == Approx(wanted[i]));
  }
}

TEST_CASE("The factors' product is the speed-up, for both kinds of twin") {
  for (const bool equal_area : {true, false}) {
    const Json steps = waterfall(equal_area);
    double product = 1;
    for (const Json& step : steps) {
      product *= step.at("factor").get<double>();
      CHECK(product == Approx(step.at("ratio").get<double>()));
    }
    CHECK(product == Approx(2.4));
  }
}

TEST_CASE("A twin of equal lanes has no array density to begin with") {
  const Json steps = waterfall(false);
  REQUIRE(steps.size() == 6);
  CHECK(steps.front().at("name") == "peak ratio");
}

TEST_CASE("Several cores lose a factor to their ring between the SFU and the DRAM") {
  Json chip = kChip;
  chip["cores"] = 4;
  const Json chip_ring = report(85e-6, 80e6, 4e6, 4000, 200, 50'000, 30'000);
  const Json twin_ring = report(221e-6, 84e6, 0, 800, 0, 200'000, 0);
  const Json steps = loss_waterfall({chip, kChipNoDram, chip_ring, kChipArraysOnly},
                                    {kTwin, kTwinNoDram, twin_ring, kTwinArraysOnly}, true);
  REQUIRE(steps.size() == 8);
  const std::size_t sfu = 5, ring = 6, dram = 7;
  CHECK(steps[sfu].at("name") == "sfu");
  CHECK(steps[sfu].at("ratio").get<double>() == Approx(221.0 / 85));
  CHECK(steps[ring].at("name") == "ring");
  CHECK(steps[ring].at("ratio").get<double>() == Approx(225.0 / 90));
  CHECK(steps[ring].at("factor").get<double>() == Approx((225.0 / 90) / (221.0 / 85)));
  CHECK(steps[dram].at("name") == "dram");
  double product = 1;
  for (const Json& step : steps) product *= step.at("factor").get<double>();
  CHECK(product == Approx(2.4));
}

TEST_CASE(
    "An FP16 array that runs fp8 has half the area a MAC: the density to begin with is half") {
  Json twin = kTwin;
  twin["array"]["columns"] = 400;  // 400 FMAs, 800 MACs a cycle
  const Json steps = loss_waterfall({kChip, kChipNoDram, kChipNoDram, kChipArraysOnly},
                                    {twin, kTwinNoDram, kTwinNoDram, kTwinArraysOnly}, true);
  CHECK(steps[0].at("name") == "array density");
  CHECK(steps[0].at("ratio").get<double>() == Approx(7.3 / 2));
  CHECK(steps[1].at("ratio").get<double>() == Approx(5));
}

}  // namespace nibble
