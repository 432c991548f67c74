// Transactions over channels: conservation, determinism, the look-ahead's promise, the fence.
#include "sim/dram/dram_system.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

DramConfig system_config(const std::string& name, int channels) {
  DramParameters p = preset(name);
  p.channels = channels;
  return DramConfig(p);
}

std::vector<Move> random_moves(unsigned seed, const DramConfig& config, Picoseconds start,
                               std::uint64_t most_gap_ps = 400'000, unsigned most_bytes = 4096) {
  std::mt19937_64 rng(seed);
  std::vector<Move> moves;
  Picoseconds at = start;
  for (int i = 0; i < 150; ++i) {
    const auto bytes = static_cast<Bytes>(1 + rng() % (i % 7 == 0 ? 16 * most_bytes : most_bytes));
    const auto room = static_cast<std::uint64_t>(config.capacity_bytes() - bytes);
    moves.push_back({at, static_cast<std::int64_t>(rng() % room), bytes,
                     rng() % 3 == 0 ? Access::write : Access::read});
    at += static_cast<Picoseconds>(rng() % most_gap_ps);
  }
  return moves;
}

using Times = std::map<TransactionId, Picoseconds>;

/// Drives the system as the chip does: advance only to promised completions and to submissions.
Times drive(DramSystem& dram, const std::vector<Move>& moves) {
  Times done;
  std::size_t next = 0;
  while (next < moves.size() || dram.next_completion()) {
    const auto promised = dram.next_completion();
    const bool submit = next < moves.size() && (!promised || moves[next].at <= *promised);
    const Picoseconds now = submit ? moves[next].at : *promised;
    dram.advance_to(now);
    while (const auto completion = dram.pop_completion()) {
      // Waking at promised times only, no completion is seen late.
      CHECK(completion->time_ps == now);
      CHECK(done.emplace(completion->id, completion->time_ps).second);
    }
    if (submit) {
      const Move& m = moves[next++];
      dram.submit(m.at, m.address, m.bytes, m.access);
    }
  }
  return done;
}

std::size_t drive_dense(const DramConfig& config, unsigned seed) {
  DramSystem dram(config);
  return drive(dram, random_moves(seed, config, 0, 10'000, 128)).size();
}

/// Whole bursts that a byte range touches, times their size.
Bytes bytes_moved(const Move& m, Bytes burst) {
  return ((m.address + m.bytes - 1) / burst - m.address / burst + 1) * burst;
}

}  // namespace

TEST_CASE("Every transaction completes once, at a promised time, and every byte moves once") {
  unsigned seed = 1;
  for (const std::string& name : preset_names()) {
    for (const int channels : {1, 2, 3, 8}) {
      const DramConfig config = system_config(name, channels);
      const std::vector<Move> moves = random_moves(++seed, config, 1000);
      DramSystem dram(config);
      const Times done = drive(dram, moves);
      INFO(name << " x " << channels << ", seed " << seed);
      CHECK(done.size() == moves.size());
      dram.fence(done.rbegin()->second + 1'000'000'000, 1000);
      Bytes read = 0, written = 0;
      for (const Move& m : moves) {
        (m.access == Access::read ? read : written) += bytes_moved(m, config.burst_bytes());
      }
      const DramStatistics s = dram.statistics();
      CHECK(s.bytes_read == read);
      CHECK(s.bytes_written == written);
      CHECK(s.data_bus_busy_clocks * config.burst_bytes() ==
            (read + written) * config.burst_clocks());
      CHECK(dram.pending_bursts() == 0);
      DramStatistics sum;
      for (int c = 0; c < channels; ++c) sum += dram.statistics(c);
      CHECK(sum.commands == s.commands);
      // Every open row was closed: one by one or by a refresh.
      CHECK(s.count(DramCommandKind::precharge) <= s.count(DramCommandKind::activate));
    }
  }
}

TEST_CASE("Posted writes that make room for each other wake their owners one by one") {
  // Reads of an open row, then more writes to it than the queue holds: while the last reads' data
  // is still on its way, every write command lets another write in.
  std::vector<Move> moves;
  moves.reserve(96);
  for (int i = 0; i < 32; ++i) moves.push_back({0, i * 64, 64, Access::read});
  for (int i = 0; i < 64; ++i) moves.push_back({25'000, 4096 + i * 64, 64, Access::write});
  DramSystem dram(system_config("ddr4_3200", 1));
  CHECK(drive(dram, moves).size() == moves.size());
  CHECK(dram.statistics().count(DramCommandKind::activate) == 4);
}

TEST_CASE("Under dense traffic no completion is promised later than it comes") {
  for (unsigned seed = 300; seed < 400; ++seed) {
    const DramConfig config =
        system_config(preset_names()[seed % 4], 1 + static_cast<int>(seed % 2));
    INFO("seed " << seed);
    CHECK(drive_dense(config, seed) == 150);
  }
}

TEST_CASE("The same submissions give the same completions, however often one looks") {
  for (unsigned seed = 50; seed < 60; ++seed) {
    const DramConfig config =
        system_config(preset_names()[seed % 4], 1 + static_cast<int>(seed % 3));
    const std::vector<Move> moves = random_moves(seed, config, 0);
    DramSystem eager(config), lazy(config);
    const Times by_promise = drive(eager, moves);
    for (const Move& m : moves) lazy.submit(m.at, m.address, m.bytes, m.access);
    lazy.advance_to(moves.back().at + 1'000'000'000);
    Times at_the_end;
    Picoseconds last = 0;
    while (const auto completion = lazy.pop_completion()) {
      CHECK(completion->time_ps >= last);
      last = completion->time_ps;
      at_the_end.emplace(completion->id, completion->time_ps);
    }
    INFO("seed " << seed);
    CHECK(by_promise == at_the_end);
  }
}

TEST_CASE("A submission never moves a completion before the time promised earlier") {
  const DramConfig config = system_config("lpddr5_6400", 2);
  for (unsigned seed = 80; seed < 90; ++seed) {
    const std::vector<Move> moves = random_moves(seed, config, 0);
    DramSystem dram(config);
    Picoseconds promised = 0;
    for (const Move& m : moves) {
      dram.advance_to(m.at);
      while (const auto completion = dram.pop_completion()) {
        CHECK(completion->time_ps >= promised);
      }
      promised = dram.next_completion().value_or(m.at);
      dram.submit(m.at, m.address, m.bytes, m.access);
      // The new transaction may complete earlier than the others, the others not earlier.
      promised = std::min(promised, *dram.next_completion());
    }
  }
}

TEST_CASE("After a fence the same work gives the same commands, whatever came before") {
  for (const std::string& name : preset_names()) {
    const DramConfig config = system_config(name, 2);
    std::vector<Move> work = random_moves(7, config, 50'000);
    // Writes and reads at once: which go first depends on the mode that the fence leaves behind.
    work.insert(work.begin(), {{0, 0, 2048, Access::write}, {0, 65536, 2048, Access::read}});
    std::vector<DramCommand> first_log;
    Times first_done;
    for (unsigned history = 0; history < 8; ++history) {
      DramSystem dram(config);
      Picoseconds now = static_cast<Picoseconds>(history) * 1'234'567;
      if (history > 0) {
        std::vector<Move> before = random_moves(100 + history, config, now);
        before.resize(history * 15);
        before.back().access = Access::write;  // the last thing served is a write
        for (const Move& m : before) dram.submit(m.at, m.address, m.bytes, m.access);
        now = before.back().at;
      }
      const Picoseconds end = dram.fence(now, 1500);
      INFO(name << ", history " << history << ", fence " << now << " to " << end);
      CHECK(end % 1500 == 0);
      CHECK(end % config.clock_period_ps() == 0);
      CHECK(dram.pending_bursts() == 0);
      TransactionId before_count = 0;
      while (dram.pop_completion()) ++before_count;
      CHECK(before_count == static_cast<TransactionId>(history * 15));
      std::vector<DramCommand> log;
      dram.log_commands(0, &log);
      std::vector<Move> moved = work;
      for (Move& m : moved) m.at += end;
      Times done;
      for (const auto& [id, time] : drive(dram, moved)) done[id - before_count] = time - end;
      for (DramCommand& c : log) c.clock -= end / config.clock_period_ps();
      if (history == 0) {
        first_log = log;
        first_done = done;
      }
      REQUIRE(log.size() > 500);
      CHECK(log == first_log);
      CHECK(done == first_done);
    }
  }
}

TEST_CASE("A fence without work takes a refresh, and waits for the common clock edge") {
  const DramConfig config = system_config("ddr4_3200", 1);
  DramSystem dram(config);
  // 1000 ps is edge 1.6: the refresh is issued at edge 2 and over at 578.
  CHECK(dram.fence(1000, 1) == 578 * 625);
  CHECK(dram.fence(578 * 625, 1000) == 725'000);  // 1154 * 625 = 721250, up to a multiple of 5000
  CHECK(dram.statistics().count(DramCommandKind::refresh_all) == 2);
}

TEST_CASE("Neighbouring blocks lie in different channels and are served side by side") {
  DramParameters p = preset("hbm2_2000");
  p.channel_interleave_bytes = 32;
  const DramConfig one(p);
  p.channels = 8;
  const DramConfig eight(p);
  DramSystem narrow(one), wide(eight);
  narrow.submit(0, 0, 8 * 32, Access::read);
  wide.submit(0, 0, 8 * 32, Access::read);
  narrow.advance_to(1'000'000);
  wide.advance_to(1'000'000);
  CHECK(wide.pop_completion()->time_ps == (14 + 14 + 2) * 1000);
  CHECK(narrow.pop_completion()->time_ps > (14 + 14 + 8 * 2) * 1000);
  for (int c = 0; c < 8; ++c) CHECK(wide.statistics(c).bytes_read == 32);
}

TEST_CASE("Writes are posted: complete a clock after their last burst found room") {
  const DramConfig config = system_config("ddr4_3200", 1);
  DramSystem dram(config);
  const auto small = dram.submit(0, 0, 32 * 64, Access::write);
  const auto large = dram.submit(0, 1 << 20, 64, Access::write);
  dram.advance_to(1'000'000);
  const auto first = dram.pop_completion(), second = dram.pop_completion();
  REQUIRE((first && second));
  CHECK(first->id == small);
  CHECK(first->time_ps == 625);
  CHECK(second->id == large);
  CHECK(second->time_ps == (22 + 1) * 625);  // the first column command made room
}

TEST_CASE("What the memory cannot do is refused") {
  const DramConfig config = system_config("lpddr4_3200", 1);
  DramSystem dram(config);
  CHECK_THROWS_AS(dram.submit(0, 0, 0, Access::read), std::out_of_range);
  CHECK_THROWS_AS(dram.submit(0, -64, 64, Access::read), std::out_of_range);
  CHECK_THROWS_AS(dram.submit(0, config.capacity_bytes() - 32, 64, Access::read),
                  std::out_of_range);
  CHECK_NOTHROW(dram.submit(0, config.capacity_bytes() - 64, 64, Access::read));
  dram.advance_to(5000);
  CHECK_THROWS_AS(dram.submit(4999, 0, 64, Access::read), std::logic_error);
  CHECK_THROWS_AS(dram.advance_to(4999), std::logic_error);
  CHECK_THROWS_AS(dram.fence(5000, 0), std::out_of_range);
}

}  // namespace nibble
