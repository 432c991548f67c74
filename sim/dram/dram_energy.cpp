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

double streamed_byte_pj(const DramParameters& device, Access direction) {
  constexpr double kPicojoulesPerJoule = 1e12;
  DramParameters channel = device;
  channel.channels = 1;
  const DramConfig config(channel);
  const DramClock clocks = config.timing().trefi;
  const std::int64_t bursts = clocks / config.burst_clocks();
  const auto count = [](DramStatistics& statistics, DramCommandKind kind, std::int64_t commands) {
    statistics.commands[static_cast<std::size_t>(kind)] = commands;
  };
  DramStatistics stream;
  count(stream, direction == Access::read ? DramCommandKind::read : DramCommandKind::write, bursts);
  count(stream, DramCommandKind::activate,
        (bursts + config.bursts_per_row() - 1) / config.bursts_per_row());
  count(stream, DramCommandKind::refresh_all, 1);
  stream.active_clocks = clocks;
  const double seconds = static_cast<double>(clocks * config.clock_period_ps()) * 1e-12;
  return dram_energy(stream, channel, seconds).total() * kPicojoulesPerJoule /
         static_cast<double>(bursts * config.burst_bytes());
}

}  // namespace nibble
