#include "sim/report/waterfall.h"

#include <string>
#include <vector>

namespace nibble {
namespace {

double seconds(const Json& report, double cycles) {
  return cycles / (report.at("clock_mhz").get<double>() * 1e6);
}

double at_peak(const Json& report) {
  return seconds(report, report.at("cycles_at_peak").get<double>());
}

double arrays_busy(const Json& report) {
  const Json& busy = report.at("busy_cycles");
  return seconds(report, busy.at("tile").get<double>() + busy.at("fp16_tile").get<double>());
}

double whole(const Json& report) { return report.at("time_s").get<double>(); }

double peak_rate(const Json& report) { return report.at("peak_tops").get<double>(); }

/// Area of what does one MAC a cycle in `twin`'s array over that of a 4-bit MAC: an FP16 unit does
/// two in fp8.
double array_density(const Json& chip, const Json& twin) {
  const Json& array = twin.at("array");
  const double units = array.at("lanes").get<double>() * array.at("columns").get<double>() *
                       array.at("tiles").get<double>();
  return chip.at("silicon").at("area_ratio").get<double>() * units /
         array.at("macs_per_cycle").get<double>();
}

}  // namespace

Json loss_waterfall(const WaterfallRuns& chip, const WaterfallRuns& twin, bool equal_area) {
  struct Step {
    std::string name;
    double ratio = 0;
  };
  std::vector<Step> steps;
  if (equal_area) {
    steps.push_back({"array density", array_density(chip.real, twin.real)});
  }
  const bool moves_bytes = chip.real.value("cores", 1) > 1 ||
                           chip.real.value("ring", Json::object()).value("workers", 1) > 1;
  const std::vector<Step> losses = {
      {"peak ratio", peak_rate(chip.real) / peak_rate(twin.real)},
      {"high-precision layers", at_peak(twin.real) / at_peak(chip.real)},
      {"fill/drain, weight loads, partial tiles", arrays_busy(twin.real) / arrays_busy(chip.real)},
      {"other", whole(twin.ideal_sfu) / whole(chip.ideal_sfu)},
      {"sfu", whole(twin.ideal_ring) / whole(chip.ideal_ring)},
  };
  steps.insert(steps.end(), losses.begin(), losses.end());
  if (moves_bytes) steps.push_back({"ring", whole(twin.ideal_dram) / whole(chip.ideal_dram)});
  steps.push_back({"dram", whole(twin.real) / whole(chip.real)});
  Json waterfall = Json::array();
  double before = 1;
  for (const Step& step : steps) {
    waterfall.push_back(
        {{"name", step.name}, {"factor", step.ratio / before}, {"ratio", step.ratio}});
    before = step.ratio;
  }
  return waterfall;
}

}  // namespace nibble
