// The event-driven engine against the tick-by-tick twin, command by command.
#include <random>

#include <catch2/catch.hpp>

#include "sim/config/dram_config.h"
#include "sim/dram/dram_channel.h"
#include "tests/sim/dram/tick_twin.h"

namespace nibble {
namespace {

DramParameters preset(const std::string& name) {
  return read_dram_config(NIBBLE_SOURCE_DIR "/configs/dram/" + name + ".yaml").parameters();
}

struct Offer {
  long clock = 0;
  Access access = Access::read;
  long first = 0, count = 0;
};

/// Address fields by division, as the mapping's name says; independent of AddressDecoder.
twin::Burst burst_at(const DramParameters& p, long burst) {
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

struct EngineOutcome {
  std::vector<DramCommand> commands;
  std::vector<long> finish;
};

EngineOutcome run_engine(const DramParameters& p, const std::vector<Offer>& offers, long last) {
  EngineOutcome outcome;
  outcome.finish.assign(offers.size(), -1);
  DramChannel channel{DramConfig(p)};
  channel.log_commands(&outcome.commands);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& o = offers[i];
    channel.commit_before(o.clock);
    channel.submit(o.access, o.first, o.count, static_cast<std::uint32_t>(i));
  }
  channel.commit_before(last);
  for (const ChannelFinish& f : channel.finished()) outcome.finish[f.tag] = f.clock;
  return outcome;
}

twin::Outcome run_twin(const DramParameters& p, const std::vector<Offer>& offers, long last) {
  std::vector<twin::Request> requests;
  for (const Offer& o : offers) {
    twin::Request r{o.clock, o.access == Access::write, {}};
    for (long i = 0; i < o.count; ++i) {
      r.bursts.push_back(burst_at(p, o.first + i));
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

long span_of(const std::vector<Offer>& offers, const DramConfig& config) {
  long bursts = 0;
  for (const Offer& o : offers) bursts += o.count;
  return offers.back().clock + bursts * config.timing().trrd_l * 2 + 3L * config.timing().trefi;
}

}  // namespace

TEST_CASE("The engine issues the commands of a clock-by-clock controller") {
  const std::vector<std::string> names{"ddr4_3200", "lpddr4_3200", "lpddr5_6400", "hbm2_2000"};
  std::int64_t compared = 0;
  for (unsigned seed = 0; seed < 120; ++seed) {
    DramParameters p = preset(names[seed % names.size()]);
    std::mt19937 rng(seed);
    if (rng() % 2 != 0) p.mapping = AddressMapping::ro_ba_ra_co_ch;
    if (rng() % 2 != 0) p.write_completion = WriteCompletion::written;
    const DramConfig config(p);
    const std::vector<Offer> offers = random_offers(rng, config);
    const long last = span_of(offers, config);
    const EngineOutcome engine = run_engine(p, offers, last);
    const twin::Outcome twin = run_twin(p, offers, last);
    INFO("seed " << seed << " preset " << p.name);
    const std::size_t n = std::min(engine.commands.size(), twin.commands.size());
    for (std::size_t i = 0; i < n; ++i) {
      INFO("command " << i << " at " << engine.commands[i].clock << " "
                      << name_of(engine.commands[i].kind) << " bank " << engine.commands[i].bank
                      << ", twin at " << twin.commands[i].clock << " "
                      << name_of(twin.commands[i].kind) << " bank " << twin.commands[i].bank);
      REQUIRE(engine.commands[i] == twin.commands[i]);
    }
    REQUIRE(engine.commands.size() == twin.commands.size());
    REQUIRE(engine.finish == twin.finish);
    for (const long f : twin.finish) REQUIRE(f >= 0);
    compared += static_cast<std::int64_t>(n);
  }
  WARN("compared " << compared << " commands");
}

}  // namespace nibble
