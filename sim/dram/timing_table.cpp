#include "sim/dram/timing_table.h"

#include <algorithm>

namespace nibble {
namespace {

constexpr int kAct = static_cast<int>(DramCommandKind::activate);
constexpr int kPre = static_cast<int>(DramCommandKind::precharge);
constexpr int kRead = static_cast<int>(DramCommandKind::read);
constexpr int kWrite = static_cast<int>(DramCommandKind::write);

/// One line of the JEDEC page: from, to, and the distance within a bank, a bank group, the rank.
struct Rule {
  int from, to;
  int same_bank, same_group, any_bank;
};

}  // namespace

TimingTable make_timing_table(const DramConfig& config) {
  const DramTiming& t = config.timing();
  const int burst = config.burst_clocks();
  const int read_to_write = t.cl + burst + t.read_to_write_bubble - t.cwl;
  const int write_to_read_s = t.cwl + burst + t.twtr_s, write_to_read_l = t.cwl + burst + t.twtr_l;
  const int write_to_pre = t.cwl + burst + t.twr;
  // Commands that share a bus; where there is but one, the scheduler sees to it.
  const int row_bus = config.parameters().command_buses == 1 ? 0 : 1;
  const std::array<Rule, 12> rules{{
      {kAct, kAct, t.trc, t.trrd_l, t.trrd_s},
      {kAct, kRead, t.trcd_read, 0, 0},
      {kAct, kWrite, t.trcd_write, 0, 0},
      {kAct, kPre, t.tras, row_bus, row_bus},
      {kPre, kAct, t.trp, row_bus, row_bus},
      {kPre, kPre, row_bus, row_bus, row_bus},
      {kRead, kPre, t.trtp, 0, 0},
      {kWrite, kPre, write_to_pre, 0, 0},
      {kRead, kRead, t.tccd_l, t.tccd_l, t.tccd_s},
      {kWrite, kWrite, t.tccd_l, t.tccd_l, t.tccd_s},
      {kRead, kWrite, read_to_write, read_to_write, read_to_write},
      {kWrite, kRead, write_to_read_l, write_to_read_l, write_to_read_s},
  }};
  TimingTable table;
  const int group_size = config.parameters().banks_per_group;
  for (const Rule& r : rules) {
    for (int from = 0; from < config.banks(); ++from) {
      for (int to = 0; to < config.banks(); ++to) {
        const bool same_group = from / group_size == to / group_size;
        table.after[r.from][from][r.to][to] = from == to   ? r.same_bank
                                              : same_group ? r.same_group
                                                           : r.any_bank;
      }
    }
  }
  return table;
}

}  // namespace nibble
