// Every timing rule at its edge: a scenario in which the rule alone decides, run with the rule at n
// and at n + 1 clocks; the command comes exactly then, and not where the rule has no business.
#include <functional>

#include <catch2/catch.hpp>

#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

using Kind = DramCommandKind;
constexpr auto kRead = Access::read;
constexpr auto kWrite = Access::write;
constexpr int kRefi = 10'000;

/// DDR4's geometry with every rule as short as it may be.
DramParameters loose_device() {
  DramParameters p = preset("ddr4_3200");
  p.timing = {};
  DramTiming& t = p.timing;
  t.cl = t.cwl = 5;
  t.trcd_read = t.trcd_write = t.trp = t.trp_all_bank = t.tras = t.trc = 1;
  t.tccd_s = t.tccd_l = 4;
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

struct Case {
  std::string name;
  std::function<void(DramTiming&, int)> set;  // sets the rule to n clocks
  std::vector<Touch> touches;
  Nth from, to;
  int beyond;      // the gap is n + beyond ...
  int fixed = -1;  // ... or this if it is not negative
};

long clock_of(const std::vector<DramCommand>& log, Nth nth) {
  int seen = 0;
  for (const DramCommand& c : log) {
    if (c.kind == nth.kind && seen++ == nth.index) return c.clock;
  }
  FAIL("no " << name_of(nth.kind) << " number " << nth.index);
  return -1;
}

long measured_gap(const Case& c, int n) {
  DramParameters p = loose_device();
  c.set(p.timing, n);
  std::vector<Offer> offers;
  for (const Touch& t : c.touches) {
    offers.push_back({t.clock, t.access, burst_number(p, t.group, t.bank, t.row, t.column), 1});
  }
  const EngineOutcome outcome = run_engine(p, offers, 3L * kRefi);
  return clock_of(outcome.commands, c.to) - clock_of(outcome.commands, c.from);
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

#define SET(field) [](DramTiming& t, int n) { t.field = n; }

const std::vector<Case>& cases() {
  static const std::vector<Case> table{
      {"tRCD before a read", SET(trcd_read), kOneRead, kAct, kRd, 0},
      {"tRCD before a write", SET(trcd_write), kOneWrite, kAct, kWr, 0},
      {"tRCD of reads leaves writes alone", SET(trcd_read), kOneWrite, kAct, kWr, 0, 1},
      {"tRAS", SET(tras), kTwoRows, kAct, kPre, 0},
      {"tRC", SET(trc), kTwoRows, kAct, kAct1, 0},
      {"tRC leaves other banks alone", SET(trc), kTwoBanks, kAct, kAct1, 0, 2},
      {"tRP", [](DramTiming& t, int n) { t.trp = t.trp_all_bank = n; }, kTwoRows, kPre, kAct1, 0},
      {"tRTP", SET(trtp), kTwoRows, kRd, kPre, 0},
      {"tWR, from the end of the data", SET(twr), kTwoRowsWritten, kWr, kPre, 5 + 4},
      {"CWL delays tWR", [](DramTiming& t, int n) { t.cl = t.cwl = n; }, kTwoRowsWritten, kWr, kPre,
       4 + 1},
      {"tRRD_S", [](DramTiming& t, int n) { t.trrd_s = t.trrd_l = t.trc = n; }, kTwoGroups, kAct,
       kAct1, 0},
      {"tRRD_L", [](DramTiming& t, int n) { t.trrd_l = t.trc = n; }, kTwoBanks, kAct, kAct1, 0},
      {"tRRD_L leaves other groups alone", [](DramTiming& t, int n) { t.trrd_l = t.trc = n; },
       kTwoGroups, kAct, kAct1, 0, 2},
      {"tFAW", SET(tfaw), kFiveBanks, kAct, kAct4, 0},
      {"tCCD_S of reads", [](DramTiming& t, int n) { t.tccd_s = t.tccd_l = n; }, kTwoGroups, kRd,
       kRd1, 0},
      {"tCCD_L of reads in a bank group", SET(tccd_l), kTwoBanks, kRd, kRd1, 0},
      {"tCCD_L of reads in a row", SET(tccd_l), kTwoColumns, kRd, kRd1, 0},
      {"tCCD_L of reads leaves other groups alone", SET(tccd_l), kTwoGroups, kRd, kRd1, 0, 4},
      {"tCCD_S of writes", [](DramTiming& t, int n) { t.tccd_s = t.tccd_l = n; }, kGroupsWritten,
       kWr, kWr1, 0},
      {"tCCD_L of writes", SET(tccd_l), kBanksWritten, kWr, kWr1, 0},
      {"tCCD_L of writes leaves other groups alone", SET(tccd_l), kGroupsWritten, kWr, kWr1, 0, 4},
      {"tWTR_S", [](DramTiming& t, int n) { t.twtr_s = t.twtr_l = n; }, kWriteThenReadGroup, kWr,
       kRd, 5 + 4},
      {"tWTR_L in a bank group", SET(twtr_l), kWriteThenReadBank, kWr, kRd, 5 + 4},
      {"tWTR_L in a row", SET(twtr_l), kWriteThenReadRow, kWr, kRd, 5 + 4},
      {"tWTR_L leaves other groups alone", SET(twtr_l), kWriteThenReadGroup, kWr, kRd, 0,
       5 + 4 + 1},
      {"Read to write: the bubble", SET(read_to_write_bubble), kReadThenWrite, kRd, kWr, 4},
      {"Read to write: CL", SET(cl), kReadThenWrite, kRd, kWr, 4 - 5},
      {"tRFC", SET(trfc_all_bank), kAfterRefresh, kRef, kAct, 0},
      {"tRP of all banks before a refresh", SET(trp_all_bank), kReadAtRefresh, kPrea, kRef, 0},
      {"tRP of one bank before a refresh", [](DramTiming& t, int n) { t.trp = t.trp_all_bank = n; },
       kCloseAtRefresh, kPre, kRef, 0},
      {"tRC before a refresh", SET(trc), kReadAtRefresh, kAct, kRef, 0},
      {"tRAS before a refresh", SET(tras), kReadAtRefresh, kAct, kPrea, 0},
      {"tRTP before a refresh", SET(trtp), kReadAtRefresh, kRd, kPrea, 0},
      {"tWR before a refresh", SET(twr), kWriteAtRefresh, kWr, kPrea, 5 + 4},
      {"tREFI", SET(trefi), {}, kRef, kRef1, 0},
  };
  return table;
}

#undef SET

}  // namespace

TEST_CASE("Every timing rule holds a command back until its last clock and not one longer") {
  for (const Case& c : cases()) {
    // tRFC is at least as long as every other rule, tREFI more than twice as long as tRFC.
    const int first = c.name == "tRFC" ? 300 : c.name == "tREFI" ? 4000 : 40;
    for (const int n : {first, first + 1, first + 7}) {
      INFO(c.name << " = " << n);
      CHECK(measured_gap(c, n) == (c.fixed >= 0 ? c.fixed : n + c.beyond));
    }
  }
}

TEST_CASE("A read's data ends CL and a burst after its command, a write's CWL and a burst") {
  for (const int n : {20, 21}) {
    DramParameters p = loose_device();
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
    channel.submit(kRead, 0, 1, 7);
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
