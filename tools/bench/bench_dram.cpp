// How many bursts a second the DRAM engine schedules: every preset with one channel, then HBM2 with
// as many as a server chip has. One core, the whole DramSystem interface as the chip's target uses
// it (submit, next_completion, advance_to), a few transactions under way at a time; the traffic is
// drawn before the clock starts. Processor time, the best of several rounds, so that neighbours on
// a shared machine disturb little.
#include <algorithm>
#include <ctime>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/config/dram_config.h"
#include "sim/dram/dram_channel.h"
#include "sim/dram/dram_system.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

struct Descriptor {
  std::int64_t address = 0;
  Bytes bytes = 0;
  Access access = Access::read;
};
using Traffic = std::function<Descriptor(const DramConfig&)>;

struct Pattern {
  std::string name;
  double least_rate;  // the bar, million bursts a second
  int under_way;      // transactions
  std::function<Traffic(std::mt19937&)> make;
};

/// One long sequential read in 64 KiB descriptors.
Traffic stream(std::mt19937& /*rng*/) {
  return [next = std::int64_t{0}](const DramConfig& c) mutable {
    constexpr Bytes kBytes = 65536;
    const std::int64_t address = next % (c.capacity_bytes() / 2);
    next += kBytes;
    return Descriptor{address, kBytes, Access::read};
  };
}

/// What tiles of a GEMM ask for: pieces of 1 to 4 KiB from three tensors that are read and one that
/// is written, each a sequence of its own.
Traffic tiles(std::mt19937& rng) {
  return [&rng, next = std::vector<std::int64_t>(4), turn = 0U](const DramConfig& c) mutable {
    const std::size_t tensor = turn++ % 4;
    const Bytes bytes = 1024 << (rng() % 3);
    const std::int64_t size = c.capacity_bytes() / 4;
    const std::int64_t address = size * static_cast<std::int64_t>(tensor) + next[tensor];
    next[tensor] = (next[tensor] + bytes) % (size - 4096);
    return Descriptor{address, bytes, tensor == 3 ? Access::write : Access::read};
  };
}

/// Single bursts anywhere, a third of them writes: nearly every one misses its row.
Traffic random_mix(std::mt19937& rng) {
  return [&rng](const DramConfig& c) {
    const std::int64_t bursts = c.capacity_bytes() / c.burst_bytes();
    const auto draw = static_cast<std::int64_t>((std::uint64_t{rng()} << 31) ^ rng());
    const Access access = rng() % 3 == 0 ? Access::write : Access::read;
    return Descriptor{draw % bursts * c.burst_bytes(), c.burst_bytes(), access};
  };
}

std::vector<Descriptor> draw_traffic(const DramConfig& config, const Pattern& pattern,
                                     std::int64_t bursts) {
  std::mt19937 rng(1);
  const Traffic traffic = pattern.make(rng);
  std::vector<Descriptor> descriptors;
  for (Bytes left = bursts * config.burst_bytes(); left > 0; left -= descriptors.back().bytes) {
    descriptors.push_back(traffic(config));
  }
  return descriptors;
}

Bytes bytes_of(const std::vector<Descriptor>& descriptors) {
  Bytes total = 0;
  for (const Descriptor& d : descriptors) total += d.bytes;
  return total;
}

struct Result {
  double cpu_seconds = 0;
  double utilization = 0;
  double hit_rate = 0;
  std::int64_t bursts = 0;
  bool conserved = false;
};

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

Result run(const DramConfig& config, const std::vector<Descriptor>& traffic, int most_under_way) {
  DramSystem dram(config);
  int under_way = 0;
  Picoseconds now = 0;
  const std::clock_t start = std::clock();
  for (std::size_t next = 0; next < traffic.size() || under_way > 0;) {
    for (; under_way < most_under_way && next < traffic.size(); ++under_way, ++next) {
      const Descriptor& d = traffic[next];
      dram.submit(now, d.address, d.bytes, d.access);
    }
    now = *dram.next_completion();
    dram.advance_to(now);
    while (dram.pop_completion()) --under_way;
  }
  const Picoseconds end = dram.fence(now, 1);
  Result r;
  r.cpu_seconds = seconds_since(start);
  const DramStatistics s = dram.statistics();
  r.bursts = s.bursts();
  r.hit_rate = s.row_hit_rate();
  r.utilization = static_cast<double>(s.bytes_read + s.bytes_written) /
                  (config.peak_bytes_per_second() * static_cast<double>(end) * 1e-12);
  r.conserved = s.bytes_read + s.bytes_written == bytes_of(traffic);
  return r;
}

/// Single bursts given to one channel's scheduler as its queues have room: what a decision costs
/// without transactions.
Result run_channel(const DramConfig& config, const std::vector<Descriptor>& traffic) {
  DramChannel channel(config);
  DramClock now = 0;
  constexpr DramClock kStep = 100;  // a few bursts leave in this time
  const std::clock_t start = std::clock();
  for (std::size_t next = 0; next < traffic.size() || channel.pending_bursts() > 0;) {
    for (; next < traffic.size() && channel.has_room(traffic[next].access, 1); ++next) {
      const Descriptor& d = traffic[next];
      channel.submit(now, d.access, d.address / config.burst_bytes(), 1, 0);
    }
    now += kStep;
    channel.commit_before(now);
    channel.finished().clear();
  }
  Result r;
  r.cpu_seconds = seconds_since(start);
  const DramStatistics s = channel.statistics();
  r.bursts = s.bursts();
  r.hit_rate = s.row_hit_rate();
  r.utilization = static_cast<double>(s.data_bus_busy_clocks) / static_cast<double>(now);
  r.conserved = r.bursts == static_cast<std::int64_t>(traffic.size());
  return r;
}

Result best_of_rounds(const std::function<Result()>& round) {
  constexpr int kRounds = 5;
  Result best = round();
  for (int i = 1; i < kRounds; ++i) {
    const Result r = round();
    if (r.cpu_seconds < best.cpu_seconds) best = r;
  }
  return best;
}

/// Prints one line; false if bytes were lost.
bool print(const DramConfig& config, const std::string& traffic, const Result& r) {
  const double n = static_cast<double>(r.bursts);
  fmt::print("{:<12} {:>8} {:<22} {:>10.1f} {:>8.1f} {:>9.1f}% {:>8.1f}%{}\n",
             config.parameters().name, config.channels(), traffic, n / r.cpu_seconds * 1e-6,
             r.cpu_seconds / n * 1e9, r.utilization * 100, r.hit_rate * 100,
             r.conserved ? "" : "  BYTES LOST");
  return r.conserved;
}

int benchmark(const std::string& folder, std::int64_t bursts) {
  const Pattern streams{"stream 64 KiB", 20, 2, stream}, tile_pieces{"tiles 1-4 KiB", 20, 8, tiles},
      misses{"random 1/3 writes", 5, 48, random_mix};
  bool conserved = true;
  std::map<std::string, std::pair<double, double>> slowest;  // of a pattern: rate, bar
  const auto measure = [&](const DramConfig& config, const Pattern& pattern) {
    const std::vector<Descriptor> traffic = draw_traffic(config, pattern, bursts);
    const int under_way = pattern.under_way;
    const Result r = best_of_rounds([&] { return run(config, traffic, under_way); });
    conserved &= print(config, pattern.name, r);
    const std::string channels = config.channels() == 1 ? "one channel" : "8 to 64 channels";
    const double rate = static_cast<double>(r.bursts) / r.cpu_seconds * 1e-6;
    auto& [least, bar] =
        slowest.try_emplace(pattern.name + ", " + channels, rate, pattern.least_rate).first->second;
    least = std::min(least, rate);
  };
  fmt::print("{:<12} {:>8} {:<22} {:>10} {:>8} {:>10} {:>9}\n", "preset", "channels", "traffic",
             "Mbursts/s", "ns each", "bus busy", "row hits");
  for (const char* name : {"ddr4_3200", "lpddr4_3200", "lpddr5_6400", "hbm2_2000"}) {
    const DramConfig config = read_dram_config(folder + "/" + name + ".yaml");
    for (const Pattern& pattern : {streams, tile_pieces, misses}) measure(config, pattern);
    const std::vector<Descriptor> traffic = draw_traffic(config, misses, bursts);
    conserved &= print(config, "random, channel alone",
                       best_of_rounds([&] { return run_channel(config, traffic); }));
  }
  for (const int channels : {8, 32, 64}) {
    DramParameters p = read_dram_config(folder + "/hbm2_2000.yaml").parameters();
    p.channels = channels;
    Pattern many_tiles = tile_pieces, many_misses = misses;
    many_tiles.under_way *= channels;
    many_misses.under_way *= channels;
    for (const Pattern& pattern : {streams, many_tiles, many_misses}) {
      measure(DramConfig(p), pattern);
    }
  }
  Verdicts verdicts;
  for (const auto& [pattern, rate] : slowest) {
    verdicts.at_least("DRAM, " + pattern + ", slowest", rate.first, rate.second,
                      "million bursts/s");
  }
  verdicts.holds("DRAM, every byte asked for is moved", conserved);
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "configs/dram";
  const std::int64_t bursts = argc > 2 ? std::stoll(argv[2]) : 500'000;
  return nibble::benchmark(folder, bursts);
}
