// Several channels behind one address space against one tick-by-tick twin a channel, command by
// command, with every transaction's completion: for all presets, interleaves and mappings.
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "sim/dram/dram_system.h"
#include "tests/sim/dram/dram_test_support.h"
#include "tests/sim/dram/tick_twin.h"

namespace nibble {
namespace {

DramParameters draw_system(std::mt19937& rng) {
  DramParameters p = preset(preset_names()[rng() % preset_names().size()]);
  const int burst_bytes = p.burst_length * p.bus_bits / 8;
  const int channels[] = {1, 2, 3, 4, 5, 8, 16};
  p.channels = channels[rng() % std::size(channels)];
  p.channel_interleave_bytes = burst_bytes;
  while (p.channel_interleave_bytes < p.row_bytes && rng() % 3 != 0) {
    p.channel_interleave_bytes *= 2;
  }
  if (rng() % 2 != 0) p.mapping = AddressMapping::ro_ba_ra_co_ch;
  if (rng() % 2 != 0) p.write_completion = WriteCompletion::written;
  return p;
}

std::vector<Move> draw_moves(std::mt19937& rng, const DramConfig& config) {
  const auto below = [&rng](std::int64_t n) {
    return static_cast<std::int64_t>((std::uint64_t{rng()} << 32 | rng()) %
                                     static_cast<std::uint64_t>(n));
  };
  const std::int64_t bytes[] = {64, 256, 4096, 20'000}, gaps_ps[] = {1, 2000, 20'000, 200'000};
  const std::int64_t most_bytes = bytes[below(4)], most_gap_ps = gaps_ps[below(4)];
  const std::int64_t region = below(2) == 0 ? config.capacity_bytes() : 1 << 20;
  const std::int64_t writes = below(4);  // of three
  std::vector<Move> moves;
  Picoseconds at = below(2) == 0 ? 0 : below(5'000'000);
  for (int i = 0; i < 120; ++i) {
    const Bytes size = 1 + below(most_bytes);
    moves.push_back(
        {at, below(region - size), size, below(3) < writes ? Access::write : Access::read});
    at += below(most_gap_ps);
  }
  return moves;
}

/// What a twin of one channel is asked for, dealt by division; `owner[i]` is the move of request i.
struct Dealt {
  std::vector<twin::Request> requests;
  std::vector<std::size_t> owner;
};

std::vector<Dealt> deal(const DramParameters& p, const std::vector<Move>& moves) {
  const long burst_bytes = p.burst_length * p.bus_bits / 8;
  std::vector<Dealt> dealt(static_cast<std::size_t>(p.channels));
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const Move& m = moves[i];
    std::map<long, twin::Request> parts;
    const long clock = (m.at + p.clock_period_ps - 1) / p.clock_period_ps;
    for (long b = m.address / burst_bytes; b * burst_bytes < m.address + m.bytes; ++b) {
      const long block = b * burst_bytes / p.channel_interleave_bytes;
      const long inside = b * burst_bytes % p.channel_interleave_bytes / burst_bytes;
      const long per_block = p.channel_interleave_bytes / burst_bytes;
      twin::Request& part = parts[block % p.channels];
      part.clock = clock;
      part.is_write = m.access == Access::write;
      part.bursts.push_back(twin_burst(p, block / p.channels * per_block + inside));
      part.bursts.back().is_write = part.is_write;
    }
    for (const auto& [channel, part] : parts) {
      dealt[static_cast<std::size_t>(channel)].requests.push_back(part);
      dealt[static_cast<std::size_t>(channel)].owner.push_back(i);
    }
  }
  return dealt;
}

/// Drives the system as the chip does, or looks only now and then; returns when each move was done.
std::vector<Picoseconds> drive(DramSystem& dram, const std::vector<Move>& moves, bool eagerly) {
  std::vector<Picoseconds> done(moves.size(), -1);
  std::size_t next = 0;
  while (next < moves.size() || dram.next_completion()) {
    const bool look = eagerly || next == moves.size();
    const auto promised = look ? dram.next_completion() : std::nullopt;
    const bool submit = next < moves.size() && (!promised || moves[next].at <= *promised);
    const Picoseconds now = submit ? moves[next].at : promised.value_or(0);
    dram.advance_to(now);
    while (const auto completion = dram.pop_completion()) {
      if (eagerly) CHECK(completion->time_ps == now);
      done[static_cast<std::size_t>(completion->id)] = completion->time_ps;
    }
    if (submit) {
      const Move& m = moves[next++];
      dram.submit(m.at, m.address, m.bytes, m.access);
    }
  }
  return done;
}

void compare_channels(const DramParameters& p, const std::vector<Move>& moves, bool eagerly) {
  const DramConfig config(p);
  DramSystem dram(config);
  std::vector<std::vector<DramCommand>> logs(static_cast<std::size_t>(p.channels));
  for (int c = 0; c < p.channels; ++c) dram.log_commands(c, &logs[static_cast<std::size_t>(c)]);
  const std::vector<Picoseconds> done = drive(dram, moves, eagerly);
  // Posted writes may still wait when the last transaction is complete.
  const DramTiming& t = p.timing;
  const long last =
      std::max(moves.back().at, *std::max_element(done.begin(), done.end())) / p.clock_period_ps +
      3L * t.trefi;
  dram.advance_to(last * p.clock_period_ps);
  CHECK(dram.pending_bursts() == 0);  // everything up to now is decided
  std::vector<Picoseconds> expected(moves.size(), 0);
  const std::vector<Dealt> dealt = deal(p, moves);
  for (std::size_t c = 0; c < dealt.size(); ++c) {
    const twin::Outcome outcome = twin::TickTwin(p).run(dealt[c].requests, last);
    INFO("channel " << c << " of " << p.channels);
    REQUIRE(logs[c] == outcome.commands);
    for (std::size_t i = 0; i < outcome.finish.size(); ++i) {
      REQUIRE(outcome.finish[i] >= 0);
      Picoseconds& latest = expected[dealt[c].owner[i]];
      latest = std::max(latest, outcome.finish[i] * p.clock_period_ps);
    }
  }
  REQUIRE(done == expected);
}

}  // namespace

TEST_CASE("Every channel of a system issues the commands of its own clock-by-clock controller") {
  for (unsigned seed = 5000; seed < 5100; ++seed) {
    std::mt19937 rng(seed);
    const DramParameters p = draw_system(rng);
    const std::vector<Move> moves = draw_moves(rng, DramConfig(p));
    INFO("seed " << seed << ", " << p.name << " x " << p.channels << ", interleaved by "
                 << p.channel_interleave_bytes);
    compare_channels(p, moves, seed % 2 == 0);
  }
}

}  // namespace nibble
