// What the tests of this folder share: presets, offers to one channel, and the engine's answer.
#pragma once

#include <string>
#include <vector>

#include "sim/config/dram_config.h"
#include "sim/dram/dram_channel.h"
#include "tests/sim/dram/tick_twin.h"

namespace nibble {

inline const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names{"ddr4_3200", "lpddr4_3200", "lpddr5_6400",
                                              "hbm2_2000"};
  return names;
}

inline DramParameters preset(const std::string& name) {
  return read_dram_config(NIBBLE_SOURCE_DIR "/configs/dram/" + name + ".yaml").parameters();
}

/// `count` channel-local bursts from `first` on, visible from edge `clock` on.
struct Offer {
  long clock = 0;
  Access access = Access::read;
  long first = 0, count = 1;
};

/// A transaction offered to a whole system.
struct Move {
  Picoseconds at = 0;
  std::int64_t address = 0;
  Bytes bytes = 0;
  Access access = Access::read;
};

struct EngineOutcome {
  std::vector<DramCommand> commands;
  std::vector<long> finish;  // by offer; -1: not finished
  DramStatistics statistics;
};

/// Decides all edges before `last`.
inline EngineOutcome run_engine(const DramParameters& p, const std::vector<Offer>& offers,
                                long last) {
  EngineOutcome outcome;
  outcome.finish.assign(offers.size(), -1);
  DramChannel channel{DramConfig(p)};
  channel.log_commands(&outcome.commands);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& o = offers[i];
    channel.commit_before(o.clock);
    channel.submit(o.clock, o.access, o.first, o.count, static_cast<std::uint32_t>(i));
  }
  channel.commit_before(last);
  for (const ChannelFinish& f : channel.finished()) outcome.finish[f.tag] = f.clock;
  outcome.statistics = channel.statistics();
  return outcome;
}

/// The channel-local burst at a place, by the mapping's name.
inline long burst_number(const DramParameters& p, long group, long bank, long row, long column) {
  const long per_row = p.row_bytes / (p.burst_length * p.bus_bits / 8);
  if (p.mapping == AddressMapping::ro_ba_co_bg_ch) {
    return ((row * p.banks_per_group + bank) * per_row + column) * p.bank_groups + group;
  }
  return ((row * p.banks_per_group + bank) * p.bank_groups + group) * per_row + column;
}

/// Address fields by division, as the mapping's name says; independent of AddressDecoder.
inline twin::Burst twin_burst(const DramParameters& p, long burst) {
  const long per_row = p.row_bytes / (p.burst_length * p.bus_bits / 8);
  twin::Burst b;
  const auto take = [&burst](long count) {
    const long field = burst % count;
    burst /= count;
    return field;
  };
  if (p.mapping == AddressMapping::ro_ba_co_bg_ch) b.group = static_cast<int>(take(p.bank_groups));
  b.column = take(per_row);
  if (p.mapping == AddressMapping::ro_ba_ra_co_ch) b.group = static_cast<int>(take(p.bank_groups));
  b.bank = static_cast<int>(take(p.banks_per_group));
  b.row = burst;
  return b;
}

}  // namespace nibble
