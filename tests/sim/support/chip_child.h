// Runs a program on the chip in a child process, so that one test case can run many: SystemC
// elaborates once a process.
#pragma once

#include <optional>

#include "models/trace/trace.h"
#include "sim/chip/chip_run.h"
#include "sim/driver/replay_executor.h"

namespace nibble::test {

/// What came back from the child.
struct ChildRun {
  ChipRun run;
  std::int64_t compared = 0, mismatches = 0;  // of values, and of activities
  std::string first_mismatch;
};

/// With the closed form alone. An exception in the child comes out as std::runtime_error.
[[nodiscard]] ChildRun run_timing(const ChipConfig& chip, const Program& program);

/// With every GEMM replayed from `trace` by the engine and compared.
[[nodiscard]] ChildRun run_replay(const ChipConfig& chip, const Program& program,
                                  const Trace& trace, Engine engine);

/// With random operands for every GEMM through the engine; compared with the model if `check`.
[[nodiscard]] ChildRun run_synthetic(const ChipConfig& chip, const Program& program,
                                     std::uint64_t seed, Engine engine, bool check);

/// With tile commands that take as many cycles as they have rows of A, whatever their columns.
[[nodiscard]] ChildRun run_by_rows(const ChipConfig& chip, const Program& program);

/// With the closed form, these segments on one chip in this order. Times count from the begin of
/// each command's segment; those of other segments are zero.
[[nodiscard]] ChildRun run_segments(const ChipConfig& chip, const Program& program,
                                    const std::vector<Segment>& order);

/// Where the two runs differ first, by command; empty if they are the same in every time and count.
[[nodiscard]] std::string difference(const Program& program, const ChipRun& a, const ChipRun& b);

}  // namespace nibble::test
