// How many bursts a second the DRAM engine schedules, for every preset: one core, the whole
// DramSystem interface as the chip's target uses it (submit, next_completion, advance_to), a few
// transactions under way at a time. Processor time, so that neighbours on a shared machine disturb
// little. Vouches for conservation only: speed is printed, not judged.
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/config/dram_config.h"
#include "sim/dram/dram_channel.h"
#include "sim/dram/dram_system.h"

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
  int under_way;  // transactions
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

struct Result {
  double cpu_seconds = 0;
  double utilization = 0;
  double hit_rate = 0;
  std::int64_t bursts = 0;
  bool conserved = false;
};

Result run(const DramConfig& config, const Pattern& pattern, std::int64_t bursts) {
  std::mt19937 rng(1);
  const Traffic traffic = pattern.make(rng);
  DramSystem dram(config);
  Bytes offered = 0;
  int under_way = 0;
  Picoseconds now = 0;
  const std::clock_t start = std::clock();
  while (offered < bursts * config.burst_bytes() || under_way > 0) {
    for (; under_way < pattern.under_way && offered < bursts * config.burst_bytes(); ++under_way) {
      const Descriptor d = traffic(config);
      dram.submit(now, d.address, d.bytes, d.access);
      offered += d.bytes;
    }
    now = *dram.next_completion();
    dram.advance_to(now);
    while (dram.pop_completion()) --under_way;
  }
  const Picoseconds end = dram.fence(now, 1);
  Result r;
  r.cpu_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const DramStatistics s = dram.statistics();
  r.bursts = s.bursts();
  r.hit_rate = s.row_hit_rate();
  r.utilization = static_cast<double>(s.bytes_read + s.bytes_written) /
                  (config.peak_bytes_per_second() * static_cast<double>(end) * 1e-12);
  r.conserved = s.bytes_read + s.bytes_written == offered;
  return r;
}

/// The same random bursts given to one channel's scheduler as its queues have room: what a decision
/// costs without transactions.
Result run_channel(const DramConfig& config, std::int64_t bursts) {
  std::mt19937 rng(1);
  const Traffic traffic = random_mix(rng);
  std::vector<Descriptor> descriptors;
  for (std::int64_t i = 0; i < bursts; ++i) descriptors.push_back(traffic(config));
  DramChannel channel(config);
  DramClock now = 0;
  constexpr DramClock kStep = 100;  // a few bursts leave in this time
  const std::clock_t start = std::clock();
  for (std::size_t next = 0; next < descriptors.size() || channel.pending_bursts() > 0;) {
    for (; next < descriptors.size() && channel.has_room(descriptors[next].access, 1); ++next) {
      const Descriptor& d = descriptors[next];
      channel.submit(d.access, d.address / config.burst_bytes(), 1, 0);
    }
    now += kStep;
    channel.commit_before(now);
    channel.finished().clear();
  }
  Result r;
  r.cpu_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const DramStatistics s = channel.statistics();
  r.bursts = s.bursts();
  r.hit_rate = s.row_hit_rate();
  r.utilization = static_cast<double>(s.data_bus_busy_clocks) / static_cast<double>(now);
  r.conserved = r.bursts == bursts;
  return r;
}

int benchmark(const std::string& folder, std::int64_t bursts) {
  const std::vector<Pattern> patterns{{"stream 64 KiB", 2, stream},
                                      {"tiles 1-4 KiB", 8, tiles},
                                      {"random 1/3 writes", 48, random_mix}};
  bool good = true;
  fmt::print("{:<12} {:<22} {:>10} {:>8} {:>10} {:>9}\n", "preset", "traffic", "Mbursts/s",
             "ns each", "bus busy", "row hits");
  for (const char* name : {"ddr4_3200", "lpddr4_3200", "lpddr5_6400", "hbm2_2000"}) {
    const DramConfig config = read_dram_config(folder + "/" + name + ".yaml");
    const auto print = [&](const std::string& traffic, const Result& r) {
      good = good && r.conserved;
      const double n = static_cast<double>(r.bursts);
      fmt::print("{:<12} {:<22} {:>10.1f} {:>8.1f} {:>9.1f}% {:>8.1f}%{}\n", name, traffic,
                 n / r.cpu_seconds * 1e-6, r.cpu_seconds / n * 1e9, r.utilization * 100,
                 r.hit_rate * 100, r.conserved ? "" : "  BYTES LOST");
    };
    for (const Pattern& pattern : patterns) print(pattern.name, run(config, pattern, bursts));
    print("random, channel alone", run_channel(config, bursts));
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "configs/dram";
  const std::int64_t bursts = argc > 2 ? std::stoll(argv[2]) : 2'000'000;
  return nibble::benchmark(folder, bursts);
}
