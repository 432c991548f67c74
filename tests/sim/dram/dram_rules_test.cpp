// Every timing rule at its edge, on every preset's geometry: a scenario in which the rule alone
// decides, run with the rule at n (the preset's own value) and at n + 1 clocks; the command comes
// exactly then, and not where the rule has no business.
#include <catch2/catch.hpp>

#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

using Kind = DramCommandKind;
constexpr auto kRead = Access::read;
constexpr auto kWrite = Access::write;
constexpr int kRefi = 10'000;
constexpr int kLatency = 5;  // CL and CWL of loose_device

/// A preset's geometry with every rule as short as it may be, and one command bus: how close
/// commands come that no rule keeps apart depends on it.
DramParameters loose_device(const std::string& name) {
  DramParameters p = preset(name);
  p.command_buses = 1;
  p.timing = {};
  DramTiming& t = p.timing;
  t.cl = t.cwl = kLatency;
  t.trcd_read = t.trcd_write = t.trp = t.trp_all_bank = t.tras = t.trc = 1;
  t.tccd_s = t.tccd_l = p.burst_length / p.transfers_per_clock;
  t.trrd_s = t.trrd_l = t.tfaw = t.twr = t.trtp = t.twtr_s = t.twtr_l = 1;
  t.trfc_all_bank = 300;
  t.trefi = kRefi;
  p.write_completion = WriteCompletion::written;
  return p;
}

/// One burst at a place, offered at a clock.
struct Touch {
  long clock;
  Access access;
  int group, bank, row, column;
};

/// The n-th command of a kind.
struct Nth {
  Kind kind;
  int index;
};

/// Clocks between two commands: a sum of these.
struct Gap {
  int rules = 1;  // the rule, or not at all
  int bursts = 0;
  int clocks = 0;
};
constexpr Gap kRule{};
constexpr Gap kAfterWriteData{1, 1, kLatency};

struct Case {
  std::string name;
  std::vector<int DramTiming::*> rules;  // all are set to n clocks
  std::vector<Touch> touches;
  Nth from, to;
  Gap gap;
  bool needs_groups = false;  // says nothing about a device with one bank group
};

long clock_of(const std::vector<DramCommand>& log, Nth nth) {
  int seen = 0;
  for (const DramCommand& c : log) {
    if (c.kind == nth.kind && seen++ == nth.index) return c.clock;
  }
  FAIL("no " << name_of(nth.kind) << " number " << nth.index);
  return -1;
}

/// In a device with one bank group, what lies in other groups lies in other banks.
long place_of(const DramParameters& p, const Touch& t) {
  constexpr int kMostGroups = 4;
  return p.bank_groups > 1 ? burst_number(p, t.group, t.bank, t.row, t.column)
                           : burst_number(p, 0, t.bank * kMostGroups + t.group, t.row, t.column);
}

void check_gap(const Case& c, const std::string& name, int n) {
  DramParameters p = loose_device(name);
  if (c.needs_groups && p.bank_groups == 1) return;
  for (int DramTiming::*rule : c.rules) p.timing.*rule = n;
  std::vector<Offer> offers;
  for (const Touch& t : c.touches) offers.push_back({t.clock, t.access, place_of(p, t), 1});
  const EngineOutcome outcome = run_engine(p, offers, 3L * p.timing.trefi);
  INFO(c.name << " = " << n << " on " << name);
  CHECK(clock_of(outcome.commands, c.to) - clock_of(outcome.commands, c.from) ==
        c.gap.rules * n + c.gap.bursts * DramConfig(p).burst_clocks() + c.gap.clocks);
}

const std::vector<Touch> kOneRead{{0, kRead, 0, 0, 0, 0}};
const std::vector<Touch> kOneWrite{{0, kWrite, 0, 0, 0, 0}};
const std::vector<Touch> kTwoRows{{0, kRead, 0, 0, 0, 0}, {0, kRead, 0, 0, 1, 0}};
const std::vector<Touch> kTwoRowsWritten{{0, kWrite, 0, 0, 0, 0}, {0, kWrite, 0, 0, 1, 0}};
const std::vector<Touch> kTwoGroups{{0, kRead, 0, 0, 0, 0}, {0, kRead, 1, 0, 0, 0}};
const std::vector<Touch> kTwoBanks{{0, kRead, 0, 0, 0, 0}, {0, kRead, 0, 1, 0, 0}};
const std::vector<Touch> kTwoColumns{{0, kRead, 0, 0, 0, 0}, {0, kRead, 0, 0, 0, 1}};
const std::vector<Touch> kGroupsWritten{{0, kWrite, 0, 0, 0, 0}, {0, kWrite, 1, 0, 0, 0}};
const std::vector<Touch> kBanksWritten{{0, kWrite, 0, 0, 0, 0}, {0, kWrite, 0, 1, 0, 0}};
const std::vector<Touch> kFiveBanks{{0, kRead, 0, 0, 0, 0},
                                    {0, kRead, 1, 0, 0, 0},
                                    {0, kRead, 2, 0, 0, 0},
                                    {0, kRead, 3, 0, 0, 0},
                                    {0, kRead, 0, 1, 0, 0}};
const std::vector<Touch> kWriteThenReadGroup{{0, kWrite, 0, 0, 0, 0}, {1, kRead, 1, 0, 0, 0}};
const std::vector<Touch> kWriteThenReadBank{{0, kWrite, 0, 0, 0, 0}, {1, kRead, 0, 1, 0, 0}};
const std::vector<Touch> kWriteThenReadRow{{0, kWrite, 0, 0, 0, 0}, {1, kRead, 0, 0, 0, 1}};
const std::vector<Touch> kReadThenWrite{{0, kRead, 0, 0, 0, 0}, {1, kWrite, 1, 0, 0, 0}};
const std::vector<Touch> kReadAtRefresh{{kRefi - 2, kRead, 0, 0, 0, 0}};
const std::vector<Touch> kWriteAtRefresh{{kRefi - 2, kWrite, 0, 0, 0, 0}};
const std::vector<Touch> kAfterRefresh{{kRefi + 1, kRead, 0, 0, 0, 0}};
const std::vector<Touch> kCloseAtRefresh{{0, kRead, 0, 0, 0, 0}, {kRefi - 1, kRead, 0, 0, 1, 0}};

constexpr Nth kAct{Kind::activate, 0}, kAct1{Kind::activate, 1}, kAct4{Kind::activate, 4};
constexpr Nth kPre{Kind::precharge, 0}, kRd{Kind::read, 0}, kRd1{Kind::read, 1};
constexpr Nth kWr{Kind::write, 0}, kWr1{Kind::write, 1};
constexpr Nth kPrea{Kind::precharge_all, 0}, kRef{Kind::refresh_all, 0};
constexpr Nth kRef1{Kind::refresh_all, 1};

const std::vector<Case>& cases() {
  using T = DramTiming;
  static const std::vector<Case> table{
      {"tRCD before a read", {&T::trcd_read}, kOneRead, kAct, kRd, kRule},
      {"tRCD before a write", {&T::trcd_write}, kOneWrite, kAct, kWr, kRule},
      {"tRCD of reads leaves writes alone", {&T::trcd_read}, kOneWrite, kAct, kWr, {0, 0, 1}},
      {"tRAS", {&T::tras}, kTwoRows, kAct, kPre, kRule},
      {"tRC", {&T::trc}, kTwoRows, kAct, kAct1, kRule},
      {"tRC leaves other banks alone", {&T::trc}, kTwoBanks, kAct, kAct1, {0, 0, 2}},
      {"tRP", {&T::trp, &T::trp_all_bank}, kTwoRows, kPre, kAct1, kRule},
      {"tRTP", {&T::trtp}, kTwoRows, kRd, kPre, kRule},
      {"tWR, from the end of the data", {&T::twr}, kTwoRowsWritten, kWr, kPre, kAfterWriteData},
      {"CWL delays tWR", {&T::cwl, &T::cl}, kTwoRowsWritten, kWr, kPre, {1, 1, 1}},
      {"tRRD_S", {&T::trrd_s, &T::trrd_l, &T::trc}, kTwoGroups, kAct, kAct1, kRule},
      {"tRRD_L", {&T::trrd_l, &T::trc}, kTwoBanks, kAct, kAct1, kRule},
      {"tRRD_L leaves other groups alone",
       {&T::trrd_l, &T::trc},
       kTwoGroups,
       kAct,
       kAct1,
       {0, 0, 2},
       true},
      {"tFAW", {&T::tfaw}, kFiveBanks, kAct, kAct4, kRule},
      {"tCCD_S of reads", {&T::tccd_s, &T::tccd_l}, kTwoGroups, kRd, kRd1, kRule},
      {"tCCD_L of reads in a bank group", {&T::tccd_l}, kTwoBanks, kRd, kRd1, kRule},
      {"tCCD_L of reads in a row", {&T::tccd_l}, kTwoColumns, kRd, kRd1, kRule},
      {"tCCD_L of reads leaves other groups alone",
       {&T::tccd_l},
       kTwoGroups,
       kRd,
       kRd1,
       {0, 1, 0},
       true},
      {"tCCD_S of writes", {&T::tccd_s, &T::tccd_l}, kGroupsWritten, kWr, kWr1, kRule},
      {"tCCD_L of writes", {&T::tccd_l}, kBanksWritten, kWr, kWr1, kRule},
      {"tCCD_L of writes leaves other groups alone",
       {&T::tccd_l},
       kGroupsWritten,
       kWr,
       kWr1,
       {0, 1, 0},
       true},
      {"tWTR_S", {&T::twtr_s, &T::twtr_l}, kWriteThenReadGroup, kWr, kRd, kAfterWriteData},
      {"tWTR_L in a bank group", {&T::twtr_l}, kWriteThenReadBank, kWr, kRd, kAfterWriteData},
      {"tWTR_L in a row", {&T::twtr_l}, kWriteThenReadRow, kWr, kRd, kAfterWriteData},
      {"tWTR_L leaves other groups alone",
       {&T::twtr_l},
       kWriteThenReadGroup,
       kWr,
       kRd,
       {0, 1, kLatency + 1},
       true},
      {"Read to write: the bubble",
       {&T::read_to_write_bubble},
       kReadThenWrite,
       kRd,
       kWr,
       {1, 1, 0}},
      {"Read to write: CL", {&T::cl}, kReadThenWrite, kRd, kWr, {1, 1, -kLatency}},
      {"tRFC", {&T::trfc_all_bank}, kAfterRefresh, kRef, kAct, kRule},
      {"tRP of all banks before a refresh", {&T::trp_all_bank}, kReadAtRefresh, kPrea, kRef, kRule},
      {"tRP of one bank before a refresh",
       {&T::trp, &T::trp_all_bank},
       kCloseAtRefresh,
       kPre,
       kRef,
       kRule},
      {"tRC before a refresh", {&T::trc}, kReadAtRefresh, kAct, kRef, kRule},
      {"tRAS before a refresh", {&T::tras}, kReadAtRefresh, kAct, kPrea, kRule},
      {"tRTP before a refresh", {&T::trtp}, kReadAtRefresh, kRd, kPrea, kRule},
      {"tWR before a refresh", {&T::twr}, kWriteAtRefresh, kWr, kPrea, kAfterWriteData},
      {"tREFI", {&T::trefi}, {}, kRef, kRef1, kRule},
  };
  return table;
}

}  // namespace

TEST_CASE("Every timing rule holds a command back until its last clock and not one longer") {
  for (const Case& c : cases()) {
    // tRFC is at least as long as every other rule, tREFI more than twice as long as tRFC.
    const int first = c.name == "tRFC" ? 300 : c.name == "tREFI" ? 4000 : 40;
    for (const int n : {first, first + 1, first + 7}) check_gap(c, "ddr4_3200", n);
  }
}

TEST_CASE("A column and a row command leave in one clock if each has a bus of its own") {
  DramParameters p = loose_device("hbm2_2000");
  const std::vector<Offer> two_rows{{0, kRead, burst_number(p, 0, 0, 0, 0), 1},
                                    {0, kRead, burst_number(p, 1, 0, 0, 0), 1}};
  const auto clocks = [&](int buses) {
    p.command_buses = buses;
    const std::vector<DramCommand> log = run_engine(p, two_rows, 100).commands;
    return std::vector<long>{clock_of(log, kAct), clock_of(log, kRd), clock_of(log, kAct1),
                             clock_of(log, kRd1)};
  };
  CHECK(clocks(1) == std::vector<long>{0, 1, 2, 3});
  CHECK(clocks(2) == std::vector<long>{0, 1, 1, 3});  // the second RD waits for the data bus
}

TEST_CASE("Row commands that share a bus leave one a clock") {
  DramParameters p = loose_device("hbm2_2000");
  p.command_buses = 2;
  p.timing.tccd_s = p.timing.tccd_l = 40;  // columns are out of the way
  std::vector<Offer> offers;
  for (long row = 0; row < 2; ++row) {
    for (long bank = 0; bank < 4; ++bank) {
      offers.push_back({row * 500, kRead, burst_number(p, 0, bank, row, 0), 1});
    }
  }
  const std::vector<DramCommand> log = run_engine(p, offers, 1000).commands;
  for (int bank = 0; bank < 4; ++bank) {
    CHECK(clock_of(log, {Kind::activate, bank}) == bank);
    CHECK(clock_of(log, {Kind::precharge, bank}) == 500 + 2 * bank);  // ACTs in between: age
  }
}

TEST_CASE("Every preset's timing rules hold a command back for the clocks of its file") {
  for (const std::string& name : preset_names()) {
    const DramParameters p = preset(name);
    for (const Case& c : cases()) {
      const int n = p.timing.*c.rules.front();
      check_gap(c, name, n);
      check_gap(c, name, n + 1);
    }
  }
}

TEST_CASE("A read's data ends CL and a burst after its command, a write's CWL and a burst") {
  for (const int n : {20, 21}) {
    DramParameters p = loose_device("ddr4_3200");
    p.timing.cl = n;
    const EngineOutcome read = run_engine(p, {{0, kRead, 0, 1}}, kRefi);
    CHECK(read.finish[0] == clock_of(read.commands, kRd) + n + 4);
    p.timing.cwl = n;
    const EngineOutcome write = run_engine(p, {{0, kWrite, 0, 1}}, kRefi);
    CHECK(write.finish[0] == clock_of(write.commands, kWr) + n + 4);
  }
}

TEST_CASE("An idle memory refreshes at every due edge, also after billions of clocks") {
  for (const std::string& name : preset_names()) {
    const DramParameters p = preset(name);
    DramChannel channel{DramConfig(p)};
    // More clocks than the engine's 32-bit times hold.
    const DramClock last = 3'000'000'000;
    channel.commit_before(last);
    INFO(name);
    CHECK(channel.statistics().count(Kind::refresh_all) == (last - 1) / p.timing.trefi);
    const DramClock due = (last / p.timing.trefi + 1) * p.timing.trefi;
    const DramClock offered = due + p.timing.trefi / 2;
    channel.commit_before(offered);
    std::vector<DramCommand> log;
    channel.log_commands(&log);
    channel.submit(offered, kRead, 0, 1, 7);
    channel.commit_before(offered + p.timing.trefi);
    REQUIRE(log.size() == 4);
    CHECK(log[0].clock == offered);
    CHECK(log[1].clock == offered + p.timing.trcd_read);
    CHECK(log[2].kind == Kind::precharge_all);
    CHECK(log[2].clock == due + p.timing.trefi);
    CHECK(log[3].clock == due + p.timing.trefi + p.timing.trp_all_bank);
  }
}

}  // namespace nibble
