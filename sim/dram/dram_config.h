// The parameters of a DRAM system: raw values as a file gives them (DramParameters), and the
// validated, immutable object that everything in this folder is built from (DramConfig).
// sim/config reads configs/dram/*.yaml into it. Values and their sources: there.
#pragma once

#include <stdexcept>
#include <string>

#include "sim/base/units.h"
#include "sim/dram/dram_energy.h"
#include "sim/dram/dram_types.h"

namespace nibble {

/// Which address bits choose what; fields from the most to the least significant, above the bytes
/// of one burst. The channel field is always lowest, above channel_interleave_bytes.
enum class AddressMapping : std::uint8_t {
  ro_ba_ra_co_ch,  // row, bank, bank group, column: a stream stays in one bank (tCCD_L)
  ro_ba_co_bg_ch,  // row, bank, column, bank group: a stream alternates bank groups (tCCD_S)
};

/// When a write transaction counts as complete.
enum class WriteCompletion : std::uint8_t {
  accepted,  // one clock after its last burst entered the write queue (posted, as controllers do)
  written,   // when its last data beat is on the bus
};

/// All in clocks of the command clock; named as in the JEDEC standards.
struct DramTiming {
  int cl = 0, cwl = 0;
  int trcd_read = 0, trcd_write = 0;
  int trp = 0, trp_all_bank = 0;
  int tras = 0, trc = 0;
  int tccd_s = 0, tccd_l = 0;
  int trrd_s = 0, trrd_l = 0, tfaw = 0;
  int twr = 0, trtp = 0;
  int twtr_s = 0, twtr_l = 0;
  int read_to_write_bubble = 0;  // idle data-bus clocks from a read's last beat to a write's first
  int trfc_all_bank = 0, trefi = 0;
};

struct DramParameters {
  std::string name;
  Picoseconds clock_period_ps = 0;
  int transfers_per_clock = 0;  // data beats per command clock on one pin
  int bus_bits = 0;             // of one channel
  int burst_length = 0;         // beats
  int bank_groups = 0;
  int banks_per_group = 0;
  std::int64_t rows_per_bank = 0;
  Bytes row_bytes = 0;    // of one bank across the channel's bus
  int command_buses = 1;  // 2: one for RD and WR, one for the others
  DramTiming timing;
  DramEnergy energy;

  int channels = 1;
  int channel_interleave_bytes = 256;  // neighbouring bytes in one channel
  AddressMapping mapping = AddressMapping::ro_ba_co_bg_ch;
  int read_queue_entries = 32, write_queue_entries = 32;  // bursts, in each channel
  int write_drain_start_entries = 26;  // writes go first from here up (more than 0.8 of 32) ...
  int write_drain_stop_entries = 6;    // ... down to here (less than 0.2 of 32), if reads wait
  WriteCompletion write_completion = WriteCompletion::accepted;
};

/// A parameter that cannot be: which one (spelled as in the YAML file), and what is allowed.
class BadDramParameter : public std::invalid_argument {
 public:
  BadDramParameter(std::string key, std::string fault, std::string allowed)
      : std::invalid_argument(key + ": " + fault + ", " + allowed),
        key_(std::move(key)),
        fault_(std::move(fault)),
        allowed_(std::move(allowed)) {}
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] const std::string& allowed() const { return allowed_; }

 private:
  std::string key_, fault_, allowed_;
};

class DramConfig {
 public:
  /// At most this many banks a channel and entries a queue: they are lanes of a vector and bits of
  /// a mask in the engine.
  static constexpr int kMaxBanks = 16;
  static constexpr int kMaxQueueEntries = 32;
  /// Longest distance that one parameter may give; trefi_clocks alone may be longer.
  static constexpr int kMostRuleClocks = 50'000;

  /// Throws BadDramParameter.
  explicit DramConfig(const DramParameters& parameters);

  [[nodiscard]] const DramParameters& parameters() const { return parameters_; }
  [[nodiscard]] const DramTiming& timing() const { return parameters_.timing; }
  [[nodiscard]] Picoseconds clock_period_ps() const { return parameters_.clock_period_ps; }
  [[nodiscard]] int channels() const { return parameters_.channels; }
  [[nodiscard]] int banks() const { return parameters_.bank_groups * parameters_.banks_per_group; }
  [[nodiscard]] Bytes burst_bytes() const { return burst_bytes_; }
  /// Clocks that one burst occupies the data bus.
  [[nodiscard]] int burst_clocks() const { return burst_clocks_; }
  [[nodiscard]] std::int64_t bursts_per_row() const { return bursts_per_row_; }
  [[nodiscard]] std::int64_t bursts_per_channel() const { return bursts_per_channel_; }
  [[nodiscard]] Bytes capacity_bytes() const {
    return bursts_per_channel_ * parameters_.channels * burst_bytes_;
  }
  /// Data bus limit of all channels, bytes per second (GB/s is 1e9).
  [[nodiscard]] double peak_bytes_per_second() const;

 private:
  DramParameters parameters_;
  Bytes burst_bytes_ = 0;
  int burst_clocks_ = 0;
  std::int64_t bursts_per_row_ = 0, bursts_per_channel_ = 0;
};

}  // namespace nibble
