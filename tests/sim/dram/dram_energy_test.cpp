// Joules of counted commands, and the presets' picojoules against the currents they come from.
#include "sim/dram/dram_energy.h"

#include <catch2/catch.hpp>

#include "sim/dram/dram_system.h"
#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

Approx near(double value) { return Approx(value).epsilon(1e-12); }

/// Milliamperes of one supply of one device (IDD0, 2N, 3N, 4R, 4W, 5AB), as its source prints them.
struct Supply {
  double volts = 0, scale = 1;  // devices, or the share of one
  double idle_to_activate = 0, precharged = 0, active = 0, read = 0, write = 0, refresh = 0;
};

/// The formulas of configs/dram/README.md on the preset's own timing.
DramEnergy core_energy(const DramParameters& p, const Supply& s, double trfc_ns) {
  const double clock_ns = static_cast<double>(p.clock_period_ps) * 1e-3;
  const double tras = p.timing.tras * clock_ns, trc = p.timing.trc * clock_ns;
  const double burst = DramConfig(p).burst_clocks() * clock_ns;
  const double v = s.volts * s.scale;
  DramEnergy e;
  e.activate_pj = v * (s.idle_to_activate * trc - s.active * tras - s.precharged * (trc - tras));
  e.read_pj = v * (s.read - s.active) * burst;
  e.write_pj = v * (s.write - s.active) * burst;
  e.refresh_pj = v * (s.refresh - s.precharged) * trfc_ns;
  e.precharged_mw = v * s.precharged;
  e.active_mw = v * s.active;
  return e;
}

void check_core(const DramEnergy& preset, const DramEnergy& computed) {
  const auto rounded = [](double value) { return Approx(value).epsilon(0.003); };
  CHECK(preset.activate_pj == rounded(computed.activate_pj));
  CHECK(preset.read_pj == rounded(computed.read_pj));
  CHECK(preset.write_pj == rounded(computed.write_pj));
  CHECK(preset.refresh_pj == rounded(computed.refresh_pj));
  CHECK(preset.precharged_mw == rounded(computed.precharged_mw));
  CHECK(preset.active_mw == rounded(computed.active_mw));
}

/// Array supplies together, `array` times the second, and its data-line supply `lines` times.
DramEnergy low_power_energy(double array, double lines) {
  const DramParameters p = preset("lpddr4_3200");
  constexpr double kRefreshNs = 280;
  const DramEnergy vdd1 = core_energy(p, {1.8, 1, 3.5, 2.0, 2.25, 2.25, 2.25, 10}, kRefreshNs);
  const DramEnergy vdd2 = core_energy(p, {1.1, array, 45, 27, 30, 275, 210, 90}, kRefreshNs);
  const DramEnergy vddq = core_energy(p, {1.1, lines, 0.75, 0.75, 0.75, 150, 55, 0.75}, kRefreshNs);
  DramEnergy e;
  e.activate_pj = vdd1.activate_pj + vdd2.activate_pj;
  e.read_pj = vdd1.read_pj + vdd2.read_pj;
  e.write_pj = vdd1.write_pj + vdd2.write_pj;
  e.interface_read_pj = vddq.read_pj;
  e.interface_write_pj = vddq.write_pj;
  e.refresh_pj = vdd1.refresh_pj + vdd2.refresh_pj;
  e.precharged_mw = vdd1.precharged_mw + vdd2.precharged_mw + vddq.precharged_mw;
  e.active_mw = vdd1.active_mw + vdd2.active_mw + vddq.active_mw;
  return e;
}

void check_interface(const DramEnergy& preset, const DramEnergy& computed) {
  CHECK(preset.interface_read_pj == Approx(computed.interface_read_pj).epsilon(0.003));
  CHECK(preset.interface_write_pj == Approx(computed.interface_write_pj).epsilon(0.003));
}

}  // namespace

TEST_CASE("Every command and every clock with an open row has its price") {
  DramParameters p = preset("ddr4_3200");
  p.channels = 2;
  p.energy = {3, 5, 7, 11, 13, 17, 19, 23};
  DramStatistics s;
  s.commands = {101, 1000, 201, 301, 1000, 401};  // PRE and PREA are in the activates' price
  s.active_clocks = 800;                          // 0.5 us of 2 x 1 us
  const DramEnergyReport e = dram_energy(s, p, 1e-6);
  CHECK(e.activate == near(101 * 3e-12));
  CHECK(e.read == near(201 * 5e-12));
  CHECK(e.write == near(301 * 7e-12));
  CHECK(e.interface == near((201 * 11 + 301 * 13) * 1e-12));
  CHECK(e.refresh == near(401 * 17e-12));
  CHECK(e.background == near(1.5e-6 * 19e-3 + 0.5e-6 * 23e-3));
  CHECK(e.total() == near(e.activate + e.read + e.write + e.interface + e.refresh + e.background));
}

TEST_CASE("The presets' energies are what the currents of their sources give") {
  const DramParameters ddr4 = preset("ddr4_3200");
  check_core(ddr4.energy, core_energy(ddr4, {1.2, 8, 57, 37, 52, 168, 150, 250}, 360));
  const DramParameters hbm2 = preset("hbm2_2000");
  check_core(hbm2.energy, core_energy(hbm2, {1.2, 0.5, 65, 40, 55, 390, 500, 250}, 350));
  const DramEnergy lpddr4 = low_power_energy(1, 1);
  check_core(preset("lpddr4_3200").energy, lpddr4);
  check_interface(preset("lpddr4_3200").energy, lpddr4);
  // The guess: the same device at 1.05 V and 0.5 V.
  const DramEnergy lpddr5 = low_power_energy(1.05 * 1.05 / (1.1 * 1.1), 0.5 * 0.5 / (1.1 * 1.1));
  check_core(preset("lpddr5_6400").energy, lpddr5);
  check_interface(preset("lpddr5_6400").energy, lpddr5);
}

TEST_CASE("Every preset says how far published energies lie from its own") {
  const auto check = [](const char* name, double low, double high) {
    const Ranged factor = preset(name).energy.factor;
    CHECK(factor.value == 1);
    CHECK(factor.low == low);
    CHECK(factor.high == high);
  };
  check("ddr4_3200", 0.35, 2.6);
  check("lpddr4_3200", 0.47, 1.65);
  check("lpddr5_6400", 0.56, 1.64);
  check("hbm2_2000", 1, 3.5);
}

TEST_CASE("Clocks with an open row are counted up to the present") {
  const DramConfig config(preset("ddr4_3200"));
  DramSystem dram(config);
  dram.submit(0, 0, 64, Access::read);
  dram.advance_to(100 * config.clock_period_ps());
  CHECK(dram.statistics().active_clocks == 100);  // opened at edge 0
}

TEST_CASE("A byte of a stream takes its burst, its share of a row, of a refresh and of the time") {
  DramParameters device = preset("ddr4_3200");
  device.energy = {};
  const DramConfig config(device);
  const DramClock clocks = config.timing().trefi;
  const std::int64_t bursts = clocks / config.burst_clocks();
  const auto bytes = static_cast<double>(bursts * config.burst_bytes());
  device.energy.read_pj = 7;
  device.energy.interface_read_pj = 2;
  device.energy.write_pj = 5;
  CHECK(streamed_byte_pj(device, Access::read) ==
        near(9.0 / static_cast<double>(config.burst_bytes())));
  CHECK(streamed_byte_pj(device, Access::write) ==
        near(5.0 / static_cast<double>(config.burst_bytes())));
  device.energy = {};
  device.energy.activate_pj = 3;
  device.energy.refresh_pj = 100;
  const std::int64_t opened = ceil_div(bursts, config.bursts_per_row());
  const auto rows = static_cast<double>(opened);
  CHECK(streamed_byte_pj(device, Access::read) == near((3 * rows + 100) / bytes));
  device.energy = {};
  device.energy.active_mw = 4;  // milliwatts times nanoseconds are picojoules
  device.energy.precharged_mw = 1000;
  const double ns = static_cast<double>(clocks * config.clock_period_ps()) * 1e-3;
  CHECK(streamed_byte_pj(device, Access::read) == near(4 * ns / bytes));
  device.channels *= 2;
  CHECK(streamed_byte_pj(device, Access::read) == near(4 * ns / bytes));
}

}  // namespace nibble
