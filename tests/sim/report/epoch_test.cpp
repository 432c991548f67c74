#include "sim/report/epoch.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// A step of two images that takes 0.5 s and 3 J, between 2 and 6.
Json step_of_two(int workers) {
  Json result = {{"batch", 2}, {"time_s", 0.5}, {"energy_j", {{"mac", 1.0}, {"total", 3.0}}}};
  result["energy_range_j"] = {{"low", {{"total", 2.0}}}, {"high", {{"total", 6.0}}}};
  result["ring"] = {{"workers", workers}};
  return result;
}

}  // namespace

TEST_CASE("An epoch is as many steps as cover its samples") {
  for (const auto& [samples, steps] : {std::pair{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}}) {
    const Json epoch = epoch_report({samples, std::nullopt}, step_of_two(1));
    CHECK(epoch.at("samples") == samples);
    CHECK(epoch.at("steps") == steps);
    CHECK(epoch.at("time_s") == 0.5 * steps);
    CHECK(epoch.at("energy_j") == 3.0 * steps);
    CHECK(epoch.at("energy_range_j") == Json{{"low", 2.0 * steps}, {"high", 6.0 * steps}});
    CHECK(!epoch.contains("battery_percent"));
    CHECK(!epoch.contains("baseline_fp16"));
  }
}

TEST_CASE("Workers share an epoch's samples, and their energy adds up") {
  const Json epoch = epoch_report({20, std::nullopt}, step_of_two(5));
  CHECK(epoch.at("steps") == 2);
  CHECK(epoch.at("time_s") == 1.0);
  CHECK(epoch.at("energy_j") == 30.0);
}

TEST_CASE("An epoch's energy is a share of a battery, that of the twin too") {
  Json result = step_of_two(1);
  result["baseline_fp16"] = {
      {"time_s", 2.0},
      {"energy_j", {{"total", 9.0}}},
      {"energy_range_j", {{"low", {{"total", 8.0}}}, {"high", {{"total", 10.0}}}}}};
  const Json epoch = epoch_report({24, 0.1}, result);  // 360 J
  CHECK(epoch.at("battery_wh") == 0.1);
  CHECK(epoch.at("battery_percent").get<double>() == Approx(10));
  CHECK(epoch.at("baseline_fp16").at("time_s") == 24.0);
  CHECK(epoch.at("baseline_fp16").at("energy_range_j").at("high") == 120.0);
  CHECK(epoch.at("baseline_fp16").at("battery_percent").get<double>() == Approx(30));
}

}  // namespace nibble
