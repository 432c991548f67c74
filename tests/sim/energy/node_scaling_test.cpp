#include "sim/energy/node_scaling.h"

#include <string>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kCommitted = NIBBLE_SOURCE_DIR "/configs/scaling/stillmaker_baas.yaml";

std::string fault_of(int from_nm, int to_nm) {
  try {
    (void)read_node_factors(kCommitted, from_nm, to_nm);
    return "";
  } catch (const BadInput& error) {
    const std::string what = error.what();
    return what.substr(what.find("stillmaker_baas.yaml"));
  }
}

/// The paper's polynomials at each node's nominal supply (configs/energy/SOURCES.md).
struct Device {
  int nm = 0;
  double volts = 0;
  double delay[4] = {}, energy[3] = {};  // from the highest power down

  [[nodiscard]] double delay_at_nominal() const {
    return ((delay[0] * volts + delay[1]) * volts + delay[2]) * volts + delay[3];
  }
  [[nodiscard]] double energy_at_nominal() const {
    return (energy[0] * volts + energy[1]) * volts + energy[2];
  }
};

constexpr Device kDevices[] = {
    {180, 1.8, {0, 97.09, -356.7, 406.5}, {0, 24.64, -17.98}},
    {45, 1.0, {-501.6, 1567, -1619, 566.1}, {1.018, -0.3107, 0.1539}},
    {14, 0.8, {-40.66, 109.2, -100.6, 35.92}, {0.2363, -0.09675, 0.02239}},
    {7, 0.7, {-28.58, 76.6, -70.26, 24.69}, {0.1776, -0.09097, 0.02447}}};

}  // namespace

TEST_CASE("The factors from node to node are those of the committed file") {
  const NodeFactors factors = read_node_factors(kCommitted, 180, 45);
  CHECK(factors.area.value == 0.053);
  CHECK(factors.area.low == 0.040);
  CHECK(factors.area.high == 0.066);
  CHECK(factors.energy.value == 0.0265);
  CHECK(factors.delay.value == 0.158);
  CHECK(read_node_factors(kCommitted, 45, 7).energy.value == 0.344);
}

TEST_CASE("Delays are the paper's, energies to 45 nm too, and below its factor is in the range") {
  for (const Device& from : kDevices) {
    for (const Device& to : kDevices) {
      if (from.nm < 45 || to.nm >= from.nm) continue;
      INFO(from.nm << " to " << to.nm);
      const NodeFactors factors = read_node_factors(kCommitted, from.nm, to.nm);
      const auto rounded = [](double value) { return Approx(value).epsilon(0.005); };
      CHECK(factors.delay.value == rounded(to.delay_at_nominal() / from.delay_at_nominal()));
      const double energy = to.energy_at_nominal() / from.energy_at_nominal();
      // The tables of configs/energy are at 0.9 V.
      if (to.nm == 45) CHECK(factors.energy.value == rounded(energy * 0.9 * 0.9));
      CHECK(factors.energy.low <= energy * 1.01);
      CHECK(factors.energy.high >= energy);
    }
  }
}

TEST_CASE("A node that the file does not have is a bad input that names those it has") {
  CHECK(fault_of(180, 45) == "");
  const std::string from = fault_of(130, 45);
  CHECK(from.find("stillmaker_baas.yaml:") == 0);
  CHECK(from.find(": from.130: unknown node, allowed are 180, 45") != std::string::npos);
  CHECK(fault_of(45, 10).find(": from.45.10: unknown node, allowed are 14, 7") !=
        std::string::npos);
  CHECK(fault_of(45, 180).find(": from.45.180: unknown node") != std::string::npos);
}

}  // namespace nibble
