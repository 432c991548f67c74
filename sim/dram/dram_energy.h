// What DRAM commands and time cost: a property of the device, so it stands in configs/dram/*.yaml.
// The scheduler counts and knows no joule; here counts meet picojoules, for sim/energy and the
// trace mode. Formulas and sources: configs/dram/README.md.
#pragma once

#include "sim/base/ranged.h"
#include "sim/dram/dram_statistics.h"

namespace nibble {

struct DramParameters;

/// Of one channel: all of its devices.
struct DramEnergy {
  double activate_pj = 0;                                // an ACT with the PRE that follows
  double read_pj = 0, write_pj = 0;                      // a burst between array and pins
  double interface_read_pj = 0, interface_write_pj = 0;  // a burst on the bus
  double refresh_pj = 0;                                 // of all banks
  double precharged_mw = 0, active_mw = 0;               // for as long as no row, a row is open
  Ranged factor{1, 1, 1};  // on all of these, for who asks how far published figures lie apart
};

/// Joules.
struct DramEnergyReport {
  double activate = 0, read = 0, write = 0, interface = 0, refresh = 0, background = 0;

  [[nodiscard]] double total() const {
    return activate + read + write + interface + refresh + background;
  }
};

/// Of all channels during `seconds`. `statistics` are those of the whole system.
[[nodiscard]] DramEnergyReport dram_energy(const DramStatistics& statistics,
                                           const DramParameters& device, double seconds);

/// Picojoules of a byte of a stream that fills rows and bus of a channel for a refresh interval:
/// what moving a byte takes at best, all parts of the device's energy in it.
[[nodiscard]] double streamed_byte_pj(const DramParameters& device, Access direction);

}  // namespace nibble
