#include "sim/report/epoch.h"

namespace nibble {
namespace {

constexpr double kJoulesAWattHour = 3600;

Json costs(const EpochPlan& plan, double steps, double workers, const Json& chip) {
  const auto joules = [&](const Json& energy) {
    return energy.at("total").get<double>() * steps * workers;
  };
  Json costs;
  costs["time_s"] = chip.at("time_s").get<double>() * steps;
  costs["energy_j"] = joules(chip.at("energy_j"));
  for (const char* level : {"low", "high"}) {
    costs["energy_range_j"][level] = joules(chip.at("energy_range_j").at(level));
  }
  if (plan.battery_wh) {
    costs["battery_percent"] =
        100 * costs.at("energy_j").get<double>() / (*plan.battery_wh * kJoulesAWattHour);
  }
  return costs;
}

}  // namespace

Json epoch_report(const EpochPlan& plan, const Json& result) {
  const auto workers = result.at("ring").at("workers").get<std::int64_t>();
  const std::int64_t samples_a_step = result.at("batch").get<std::int64_t>() * workers;
  const std::int64_t steps = (plan.samples + samples_a_step - 1) / samples_a_step;
  const auto costs_of = [&](const Json& chip) {
    return costs(plan, static_cast<double>(steps), static_cast<double>(workers), chip);
  };
  Json epoch = {{"samples", plan.samples}, {"steps", steps}};
  if (plan.battery_wh) epoch["battery_wh"] = *plan.battery_wh;
  epoch.update(costs_of(result));
  if (result.contains("baseline_fp16")) {
    epoch["baseline_fp16"] = costs_of(result.at("baseline_fp16"));
  }
  return epoch;
}

}  // namespace nibble
