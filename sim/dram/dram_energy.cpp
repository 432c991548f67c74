#include "sim/dram/dram_energy.h"

#include "sim/dram/dram_config.h"

namespace nibble {

DramEnergyReport dram_energy(const DramStatistics& statistics, const DramParameters& device,
                             double seconds) {
  constexpr double kJoulesPerPicojoule = 1e-12, kWattsPerMilliwatt = 1e-3;
  const DramEnergy& e = device.energy;
  const auto joules = [&statistics](DramCommandKind kind, double pj) {
    return static_cast<double>(statistics.count(kind)) * pj * kJoulesPerPicojoule;
  };
  const double channel_seconds = device.channels * seconds;
  const double active_seconds = static_cast<double>(statistics.active_clocks) *
                                static_cast<double>(device.clock_period_ps) * 1e-12;
  DramEnergyReport report;
  report.activate = joules(DramCommandKind::activate, e.activate_pj);
  report.read = joules(DramCommandKind::read, e.read_pj);
  report.write = joules(DramCommandKind::write, e.write_pj);
  report.interface = joules(DramCommandKind::read, e.interface_read_pj) +
                     joules(DramCommandKind::write, e.interface_write_pj);
  report.refresh = joules(DramCommandKind::refresh_all, e.refresh_pj);
  report.background =
      (e.precharged_mw * (channel_seconds - active_seconds) + e.active_mw * active_seconds) *
      kWattsPerMilliwatt;
  return report;
}

}  // namespace nibble
