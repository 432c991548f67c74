// What can be computed by hand, for every preset: idle latency, stream and all-miss bandwidth. The
// deviation from each formula is printed with the check.
#include <catch2/catch.hpp>

#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

using Kind = DramCommandKind;

/// Edge at which the last of `count` bursts from burst 0 on is read or written.
long stream_clocks(DramParameters p, Access access, long count) {
  p.write_completion = WriteCompletion::written;
  const EngineOutcome outcome = run_engine(p, {{0, access, 0, count}}, count * 40);
  REQUIRE(outcome.finish[0] > 0);
  return outcome.finish[0];
}

double deviation(double value, double formula) { return value / formula - 1; }

}  // namespace

TEST_CASE("An idle read takes tRCD + CL + BL/2 clocks, 48 for DDR4-3200") {
  for (const std::string& name : preset_names()) {
    DramParameters p = preset(name);
    const DramTiming& t = p.timing;
    const int burst = DramConfig(p).burst_clocks();
    INFO(name);
    CHECK(stream_clocks(p, Access::read, 1) == t.trcd_read + t.cl + burst);
    CHECK(stream_clocks(p, Access::write, 1) == t.trcd_write + t.cwl + burst);
  }
  CHECK(stream_clocks(preset("ddr4_3200"), Access::read, 1) == 48);
}

TEST_CASE("A stream fills the data bus but for refreshes") {
  constexpr long kBursts = 100'000;
  for (const std::string& name : preset_names()) {
    const DramParameters p = preset(name);
    const DramTiming& t = p.timing;
    const double burst = DramConfig(p).burst_clocks();
    // A refresh costs the way from the last column to the first of the row opened again.
    const double read_lost = t.trtp + t.trp_all_bank + t.trfc_all_bank + t.trcd_read;
    const double write_lost =
        t.cwl + burst + t.twr + t.trp_all_bank + t.trfc_all_bank + t.trcd_write;
    const double reads = kBursts * burst / (1 - read_lost / t.trefi);
    const double writes = kBursts * burst / (1 - write_lost / t.trefi);
    const double read =
        deviation(static_cast<double>(stream_clocks(p, Access::read, kBursts)), reads);
    const double write =
        deviation(static_cast<double>(stream_clocks(p, Access::write, kBursts)), writes);
    INFO(name << ": deviation of reads " << read << ", of writes " << write);
    CHECK(std::abs(read) < 0.005);
    CHECK(std::abs(write) < 0.005);
  }
}

TEST_CASE("Columns of one row follow each other at tCCD_L") {
  for (const std::string& name : preset_names()) {
    DramParameters p = preset(name);
    p.mapping = AddressMapping::ro_ba_ra_co_ch;
    const DramTiming& t = p.timing;
    const long count = DramConfig(p).bursts_per_row();
    INFO(name);
    CHECK(stream_clocks(p, Access::read, count) ==
          t.trcd_read + (count - 1) * t.tccd_l + t.cl + DramConfig(p).burst_clocks());
  }
}

TEST_CASE("The plain mapping leaves a DDR4 stream between its tCCD_L and its tCCD_S bandwidth") {
  constexpr long kBursts = 100'000;
  DramParameters p = preset("ddr4_3200");
  p.mapping = AddressMapping::ro_ba_ra_co_ch;
  const double seconds = static_cast<double>(stream_clocks(p, Access::read, kBursts)) * 625e-12;
  const double gigabytes_per_second = kBursts * 64 / seconds * 1e-9;
  // A queue that reaches into the next row finds another bank group there.
  INFO(gigabytes_per_second);
  CHECK(gigabytes_per_second > 12.8);
  CHECK(gigabytes_per_second < 18.0);
}

TEST_CASE("Reads that all miss, spread over the banks, run at the pace of tFAW, tRRD and tRC") {
  constexpr long kReads = 20'000;
  for (const std::string& name : preset_names()) {
    const DramParameters p = preset(name);
    const DramTiming& t = p.timing;
    const int banks = p.bank_groups * p.banks_per_group;
    std::vector<Offer> offers;
    for (long i = 0; i < kReads; ++i) {
      const long row = i / banks % p.rows_per_bank;
      const long group = i % p.bank_groups, bank = i / p.bank_groups % p.banks_per_group;
      offers.push_back({0, Access::read, burst_number(p, group, bank, row, 0), 1});
    }
    const EngineOutcome outcome = run_engine(p, offers, kReads * 60);
    CHECK(outcome.statistics.row_hits == 0);
    const long last = *std::max_element(outcome.finish.begin(), outcome.finish.end());
    const double each =
        std::max({t.tfaw / 4.0, static_cast<double>(t.trrd_s), static_cast<double>(t.trc) / banks,
                  static_cast<double>(DramConfig(p).burst_clocks())});
    const double lost = t.tras + t.trp_all_bank + t.trfc_all_bank;
    const double bound = kReads * each, formula = bound / (1 - lost / t.trefi);
    const double d = deviation(static_cast<double>(last), formula);
    INFO(name << ": " << last << " clocks, deviation " << d);
    CHECK(static_cast<double>(last) >= bound);
    CHECK(std::abs(d) < 0.03);
  }
}

}  // namespace nibble
