// The event-driven engine against the tick-by-tick twin, command by command.
#include <random>

#include <catch2/catch.hpp>
#include <hwy/targets.h>

#include "tests/sim/dram/dram_test_support.h"
#include "tests/sim/dram/tick_twin.h"

namespace nibble {
namespace {

twin::Outcome run_twin(const DramParameters& p, const std::vector<Offer>& offers, long last) {
  std::vector<twin::Request> requests;
  for (const Offer& o : offers) {
    twin::Request r{o.clock, o.access == Access::write, {}};
    for (long i = 0; i < o.count; ++i) {
      r.bursts.push_back(twin_burst(p, o.first + i));
      r.bursts.back().is_write = r.is_write;
    }
    requests.push_back(r);
  }
  return twin::TickTwin(p).run(requests, last);
}

std::vector<Offer> random_offers(std::mt19937& rng, const DramConfig& config) {
  const auto below = [&rng](long n) { return static_cast<long>(rng() % static_cast<unsigned>(n)); };
  const long kind = below(5);  // stream, tiles, random, few rows, mixed
  const long write_percent = std::vector<long>{0, 100, 30, 50, 70}[below(5)];
  const long mean_gap = std::vector<long>{0, 3, 20, 200, 3000}[below(5)];
  const long footprint = std::min<long>(config.bursts_per_channel(), kind == 3 ? 4096 : 1 << 22);
  std::vector<Offer> offers;
  long clock = below(3) == 0 ? below(config.timing().trefi * 3) : 0;
  long stream = below(footprint / 2);
  const long count = 20 + below(100);
  for (long i = 0; i < count; ++i) {
    Offer o;
    o.clock = clock;
    o.access = below(100) < write_percent ? Access::write : Access::read;
    o.count = kind == 0   ? 8 + below(60)
              : kind == 1 ? 16 + below(64)
              : kind == 4 ? 1 + below(40)
                          : 1 + below(2);
    o.first = kind == 0 ? stream : below(footprint - 128);
    stream = (stream + o.count) % (footprint - 128);
    offers.push_back(o);
    if (mean_gap > 0) clock += below(2 * mean_gap);
  }
  return offers;
}

/// Edges enough to serve everything: pessimistic, since every missing edge would look like a lost
/// burst.
long span_of(const std::vector<Offer>& offers, const DramConfig& config) {
  const DramTiming& t = config.timing();
  const long one_by_one = t.trc + t.tras + t.trp + t.cl + t.cwl + t.twr + t.twtr_l;
  long bursts = 0;
  for (const Offer& o : offers) bursts += o.count;
  return offers.back().clock + bursts * (2 * t.trrd_l + 2 * one_by_one / config.banks()) +
         3L * t.trefi;
}

/// Other devices than the presets: every rule drawn anew, few banks, short queues.
DramParameters random_parameters(std::mt19937& rng) {
  const auto draw = [&rng](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<unsigned>(high - low + 1));
  };
  DramParameters p = preset(preset_names()[rng() % preset_names().size()]);
  p.bank_groups = 1 << draw(0, 2);
  p.banks_per_group = 1 << draw(0, 2);
  p.rows_per_bank = 1 << 14;
  DramTiming& t = p.timing;
  t.cwl = draw(1, 20);
  t.cl = t.cwl + draw(0, 12);
  t.trcd_read = draw(1, 30), t.trcd_write = draw(1, 30);
  t.trp = draw(1, 30), t.trp_all_bank = t.trp + draw(0, 5);
  t.tras = draw(1, 60), t.trrd_s = draw(1, 10), t.trrd_l = t.trrd_s + draw(0, 6);
  t.trc = t.trrd_l + draw(0, 70);
  t.tccd_s = 8 + draw(0, 2), t.tccd_l = t.tccd_s + draw(0, 6);
  t.tfaw = draw(1, 80), t.twr = draw(1, 30), t.trtp = draw(1, 15);
  t.twtr_s = draw(1, 10), t.twtr_l = t.twtr_s + draw(0, 8);
  t.read_to_write_bubble = draw(0, 5);
  t.trfc_all_bank = draw(150, 500), t.trefi = 2 * t.trfc_all_bank + draw(1, 3000);
  p.command_buses = draw(1, 2);
  p.read_queue_entries = draw(1, 32), p.write_queue_entries = draw(1, 32);
  p.write_drain_start_entries = draw(1, p.write_queue_entries);
  p.write_drain_stop_entries = draw(0, p.write_drain_start_entries - 1);
  return p;
}

/// Same commands at the same clocks, same completions. Returns the number of commands.
std::size_t compare_with_twin(const DramParameters& p, const std::vector<Offer>& offers) {
  const long last = span_of(offers, DramConfig(p));
  const EngineOutcome engine = run_engine(p, offers, last);
  const twin::Outcome twin = run_twin(p, offers, last);
  const std::size_t n = std::min(engine.commands.size(), twin.commands.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (engine.commands[i] == twin.commands[i]) continue;
    const DramCommand &a = engine.commands[i], &b = twin.commands[i];
    FAIL("command " << i << ": " << name_of(a.kind) << " bank " << a.bank << " row " << a.row
                    << " at " << a.clock << ", twin: " << name_of(b.kind) << " bank " << b.bank
                    << " row " << b.row << " at " << b.clock);
  }
  REQUIRE(engine.commands.size() == twin.commands.size());
  REQUIRE(engine.finish == twin.finish);
  for (const long f : twin.finish) REQUIRE(f >= 0);
  REQUIRE(engine.statistics.row_hits == twin.row_hits);
  REQUIRE(engine.statistics.active_clocks == twin.active_clocks);
  return n;
}

DramParameters draw_preset(unsigned seed, std::mt19937& rng) {
  DramParameters p = preset(preset_names()[seed % preset_names().size()]);
  if (rng() % 2 != 0) p.mapping = AddressMapping::ro_ba_ra_co_ch;
  if (rng() % 2 != 0) p.write_completion = WriteCompletion::written;
  return p;
}

}  // namespace

TEST_CASE("The engine issues the commands of a clock-by-clock controller, for every preset") {
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 rng(seed);
    const DramParameters p = draw_preset(seed, rng);
    INFO("seed " << seed << ", preset " << p.name);
    compared += compare_with_twin(p, random_offers(rng, DramConfig(p)));
  }
  CHECK(compared > 700'000);
}

TEST_CASE("The engine issues the commands of a clock-by-clock controller, for random devices") {
  for (unsigned seed = 1000; seed < 1150; ++seed) {
    std::mt19937 rng(seed);
    DramParameters p = random_parameters(rng);
    if (rng() % 2 != 0) p.mapping = AddressMapping::ro_ba_ra_co_ch;
    INFO("seed " << seed);
    compare_with_twin(p, random_offers(rng, DramConfig(p)));
  }
}

TEST_CASE("Every instruction set schedules the same commands") {
  const auto targets = hwy::SupportedAndGeneratedTargets();
  REQUIRE(!targets.empty());
  for (const auto target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    for (unsigned seed = 2000; seed < 2040; ++seed) {
      std::mt19937 rng(seed);
      const DramParameters p = draw_preset(seed, rng);
      INFO("target " << hwy::TargetName(target) << ", seed " << seed);
      compare_with_twin(p, random_offers(rng, DramConfig(p)));
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST_CASE("Deciding in small steps or in one leap gives the same commands") {
  for (unsigned seed = 3000; seed < 3040; ++seed) {
    std::mt19937 rng(seed);
    const DramParameters p = draw_preset(seed, rng);
    const DramConfig config(p);
    const std::vector<Offer> offers = random_offers(rng, config);
    const long last = span_of(offers, config);
    std::vector<DramCommand> stepped;
    DramChannel channel(config);
    channel.log_commands(&stepped);
    std::size_t next = 0;
    for (long clock = 0; clock < last;) {
      for (; next < offers.size() && offers[next].clock <= clock; ++next) {
        channel.submit(clock, offers[next].access, offers[next].first, offers[next].count, 0);
      }
      long step = clock + 1 + static_cast<long>(rng() % 40);
      if (next < offers.size()) step = std::min(step, offers[next].clock);
      clock = std::min(step, last);
      channel.commit_before(clock);
    }
    INFO("seed " << seed);
    REQUIRE(next == offers.size());
    REQUIRE(stepped == run_engine(p, offers, last).commands);
  }
}

// The engine's times are 32 bits wide and their base moves at edge 2^29.
TEST_CASE("Moving the base of time in the midst of traffic changes no command") {
  for (unsigned seed = 4000; seed < 4016; ++seed) {
    std::mt19937 rng(seed);
    const DramParameters p = draw_preset(seed, rng);
    const std::vector<Offer> offers = random_offers(rng, DramConfig(p));
    const long span = span_of(offers, DramConfig(p));
    const auto run_from = [&](long start) {
      std::vector<DramCommand> log;
      DramChannel channel{DramConfig(p)};
      channel.commit_before(start);
      channel.log_commands(&log);
      std::size_t next = 0;
      for (long clock = 0; clock < span; ++clock) {
        for (; next < offers.size() && offers[next].clock <= clock; ++next) {
          channel.submit(start + clock, offers[next].access, offers[next].first, offers[next].count,
                         0);
        }
        channel.commit_before(start + clock + 1);
      }
      for (DramCommand& c : log) c.clock -= start;
      return log;
    };
    const long refi = p.timing.trefi;
    const long late = (1L << 29) - static_cast<long>(rng() % 2000) - offers.front().clock;
    const long early = late % refi + refi;  // the same phase of refreshes
    INFO("seed " << seed << ", preset " << p.name);
    REQUIRE(run_from(late) == run_from(early));
  }
}

}  // namespace nibble
