#include "sim/dram/dram_config.h"

#include <algorithm>

namespace nibble {
namespace {

[[nodiscard]] bool is_power_of_two(std::int64_t value) {
  return value > 0 && (value & (value - 1)) == 0;
}

void require(bool good, const char* key, std::int64_t value, const std::string& allowed) {
  if (!good) throw BadDramParameter(key, "is " + std::to_string(value), allowed);
}

void require_range(const char* key, std::int64_t value, std::int64_t low, std::int64_t high) {
  require(value >= low && value <= high, key, value,
          "allowed are " + std::to_string(low) + " to " + std::to_string(high));
}

void require_power_of_two(const char* key, std::int64_t value, std::int64_t high) {
  require(is_power_of_two(value) && value <= high, key, value,
          "allowed are powers of two up to " + std::to_string(high));
}

void validate_device(const DramParameters& p) {
  require_range("clock_period_ps", p.clock_period_ps, 1, 1'000'000);
  require_power_of_two("transfers_per_clock", p.transfers_per_clock, 64);
  require_power_of_two("bus_bits", p.bus_bits, 4096);
  require(p.bus_bits >= 8, "bus_bits", p.bus_bits, "allowed are whole bytes");
  require_power_of_two("burst_length_beats", p.burst_length, 256);
  require(p.burst_length >= p.transfers_per_clock, "burst_length_beats", p.burst_length,
          "a burst must take whole clocks");
  require_power_of_two("bank_groups", p.bank_groups, DramConfig::kMaxBanks);
  require_power_of_two("banks_per_group", p.banks_per_group, DramConfig::kMaxBanks);
  require(p.bank_groups * p.banks_per_group <= DramConfig::kMaxBanks, "banks_per_group",
          p.banks_per_group,
          "a channel has at most " + std::to_string(DramConfig::kMaxBanks) + " banks");
  require_power_of_two("rows_per_bank", p.rows_per_bank, std::int64_t{1} << 24);
  require_power_of_two("row_bytes", p.row_bytes, std::int64_t{1} << 20);
  const std::int64_t burst_bytes = std::int64_t{p.burst_length} * p.bus_bits / 8;
  require(p.row_bytes >= burst_bytes, "row_bytes", p.row_bytes,
          "a row holds at least one burst of " + std::to_string(burst_bytes) + " bytes");
  require_range("command_buses", p.command_buses, 1, 2);
}

struct NamedClocks {
  const char* key;
  int value;
};

void validate_timing(const DramTiming& t, int burst_clocks) {
  for (const NamedClocks& n : {NamedClocks{"cl_clocks", t.cl},
                               {"cwl_clocks", t.cwl},
                               {"trcd_read_clocks", t.trcd_read},
                               {"trcd_write_clocks", t.trcd_write},
                               {"trp_clocks", t.trp},
                               {"trp_all_bank_clocks", t.trp_all_bank},
                               {"tras_clocks", t.tras},
                               {"trc_clocks", t.trc},
                               {"tccd_s_clocks", t.tccd_s},
                               {"tccd_l_clocks", t.tccd_l},
                               {"trrd_s_clocks", t.trrd_s},
                               {"trrd_l_clocks", t.trrd_l},
                               {"tfaw_clocks", t.tfaw},
                               {"twr_clocks", t.twr},
                               {"trtp_clocks", t.trtp},
                               {"twtr_s_clocks", t.twtr_s},
                               {"twtr_l_clocks", t.twtr_l},
                               {"trfc_all_bank_clocks", t.trfc_all_bank}}) {
    require_range(n.key, n.value, 1, DramConfig::kMostRuleClocks);
  }
  require_range("trefi_clocks", t.trefi, 1, 200'000);
  require_range("read_to_write_bubble_clocks", t.read_to_write_bubble, 0,
                DramConfig::kMostRuleClocks);
  require(t.tccd_s >= burst_clocks, "tccd_s_clocks", t.tccd_s,
          "at least the " + std::to_string(burst_clocks) + " clocks of a burst");
  require(t.tccd_l >= t.tccd_s, "tccd_l_clocks", t.tccd_l, "at least tccd_s_clocks");
  require(t.trrd_l >= t.trrd_s, "trrd_l_clocks", t.trrd_l, "at least trrd_s_clocks");
  require(t.twtr_l >= t.twtr_s, "twtr_l_clocks", t.twtr_l, "at least twtr_s_clocks");
  require(t.trc >= t.trrd_l, "trc_clocks", t.trc, "at least trrd_l_clocks");
  require(t.trp_all_bank >= t.trp, "trp_all_bank_clocks", t.trp_all_bank, "at least trp_clocks");
  require(t.cl + burst_clocks + t.read_to_write_bubble > t.cwl, "cwl_clocks", t.cwl,
          "a write may not reach the data bus before the read in front of it");
  // The fence relies on it: whatever was issued before the refresh is over when the refresh is.
  const int longest = std::max(
      {t.tfaw, t.trc, t.cl + burst_clocks, t.cwl + burst_clocks + std::max(t.twr, t.twtr_l)});
  require(t.trfc_all_bank >= longest, "trfc_all_bank_clocks", t.trfc_all_bank,
          "at least the " + std::to_string(longest) + " clocks of every other rule");
  require(t.trefi > 2 * t.trfc_all_bank, "trefi_clocks", t.trefi,
          "more than twice trfc_all_bank_clocks");
}

void validate_controller(const DramParameters& p, Bytes burst_bytes) {
  require_range("channels", p.channels, 1, 1024);
  require_power_of_two("channel_interleave_bytes", p.channel_interleave_bytes, p.row_bytes);
  require(p.channel_interleave_bytes >= burst_bytes, "channel_interleave_bytes",
          p.channel_interleave_bytes,
          "at least a burst of " + std::to_string(burst_bytes) + " bytes");
  require_range("read_queue_entries", p.read_queue_entries, 1, DramConfig::kMaxQueueEntries);
  require_range("write_queue_entries", p.write_queue_entries, 1, DramConfig::kMaxQueueEntries);
  require_range("write_drain_start_entries", p.write_drain_start_entries, 1, p.write_queue_entries);
  require_range("write_drain_stop_entries", p.write_drain_stop_entries, 0,
                p.write_drain_start_entries - 1);
}

}  // namespace

DramConfig::DramConfig(const DramParameters& parameters) : parameters_(parameters) {
  validate_device(parameters_);
  burst_bytes_ = Bytes{parameters_.burst_length} * parameters_.bus_bits / 8;
  burst_clocks_ = parameters_.burst_length / parameters_.transfers_per_clock;
  bursts_per_row_ = parameters_.row_bytes / burst_bytes_;
  bursts_per_channel_ = bursts_per_row_ * parameters_.rows_per_bank * banks();
  validate_timing(parameters_.timing, burst_clocks_);
  validate_controller(parameters_, burst_bytes_);
}

double DramConfig::peak_bytes_per_second() const {
  return static_cast<double>(channels()) * static_cast<double>(burst_bytes_) * 1e12 /
         (static_cast<double>(burst_clocks_) * static_cast<double>(clock_period_ps()));
}

}  // namespace nibble
