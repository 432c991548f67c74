// What a run says about itself: where the cycles went, what moved, what was done how often. Derived
// from the program and the times at which its commands ran, so the chip itself only has to record.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "sim/chip/chip_run.h"

namespace nibble {

/// Why a core's main array was not streaming. Each of its cycles has exactly one cause; the first
/// that holds:
///   weight_load  a command runs, but the next block of B is not loaded yet
///   fill_drain   a command runs, its pipeline fills or empties
///   fp16_tile    no command; a layer kept in fp16 runs on the FP16 tile
///   sfu          no command; element-wise work runs
///   dram         no command; DMA transfers are under way
///   ring         no command; bytes move between cores, or between chips (a transfer counts for all
///                cores that it writes, whoever's unit executes it; so does a load)
///   token        none of these: fences, command issue, tokens in flight
/// and before all of them but the first two:
///   idle         the core has nothing left to do in the stage while others work
enum class StallCause : std::uint8_t {
  weight_load,
  fill_drain,
  fp16_tile,
  sfu,
  dram,
  ring,
  token,
  idle
};
inline constexpr std::array<std::string_view, 8> kStallCauseNames = {
    "weight_load", "fill_drain", "fp16_tile", "sfu", "dram", "ring", "token", "idle"};
using Stalls = std::array<Cycles, kStallCauseNames.size()>;

/// How often each thing happened: what the energy table is multiplied with.
struct ActionCounts {
  std::int64_t int4_macs = 0;                        // issued in the 4-bit array, padding included
  std::int64_t fp4_even_macs = 0, fp4_odd_macs = 0;  // other 4-bit floats are even ones
  std::int64_t fp16_macs = 0;
  std::int64_t fp8_macs = 0;
  // Those of them that are no padding.
  std::int64_t int4_macs_useful = 0, fp4_even_macs_useful = 0, fp4_odd_macs_useful = 0;
  std::int64_t fp16_macs_useful = 0, fp8_macs_useful = 0;
  std::int64_t accumulations = 0;   // of a sum to an fp16 accumulator
  std::int64_t fp16_additions = 0;  // those of them in FP16 arrays
  std::int64_t sfu_operations = 0;  // lane-cycles of work
  Bytes scratchpad_read = 0, scratchpad_written = 0;
  std::int64_t ring_byte_hops = 0;  // bytes times the links they crossed
  Bytes link_bytes = 0;             // sent by this chip

  ActionCounts& operator+=(const ActionCounts& other);
};

/// Cycles of arrays and units are summed over the cores.
struct StageStatistics {
  Cycles begin = 0, end = 0;
  Cycles streaming = 0;  // the main array took a row (or folded one)
  Stalls stalls{};
  std::int64_t macs_useful = 0, macs_issued = 0;  // both arrays
  std::int64_t array_macs_useful = 0;             // main array
  Bytes dram_read = 0, dram_written = 0;          // asked for by the DMA
  DramStatistics dram;                            // what the memory did, the fence included
  /// Over the links that leave the memory's stops of the ring and those that enter them; a
  /// multicast counts once a link. None on a chip of one core.
  Bytes ring_loaded = 0, ring_stored = 0;
  ActionCounts actions;

  [[nodiscard]] Cycles cycles() const { return end - begin; }
  /// `next` follows this one.
  StageStatistics& operator+=(const StageStatistics& next);
};

struct RunStatistics {
  /// Puts a later part of the run behind this one.
  void append(const RunStatistics& later);

  std::vector<StageStatistics> stages;
  StageStatistics total;              // begin 0, end = cycles
  std::array<Cycles, kUnits> busy{};  // cycles with a command under way, by unit
  DramStatistics dram;                // of the run, as the memory counted it; of parts, their sum
  /// Links of the ring that leave the memory's stops on the way to some core; as many enter them.
  std::int64_t memory_links = 0;
};

/// Throws std::logic_error, naming unit and cycle, if a conservation law is broken: every MAC of
/// every GEMM exactly once; busy + stalls = cycles x cores; in every stage DRAM bytes moved >=
/// bytes asked for; these >= the compulsory bytes; the DRAM counts of the stages add up to the
/// run's. The last compares with what the memory counted over all segments (run_chip); of a run of
/// one segment, which is how StepSimulator puts a step together, the two are one number and the law
/// checks only that it went to its stage.
[[nodiscard]] RunStatistics collect_statistics(const Program& program, const ChipConfig& config,
                                               const ChipRun& run);

}  // namespace nibble
