// The bare rate of the dot-product instructions behind models/gemm: independent accumulators, both
// operands in registers. The yardstick that tools/bench/gemm.cpp holds the micro-kernel to.
#pragma once

#include <cstdint>

namespace nibble {

struct DotRate {
  /// Executes `rounds` rounds of independent dot products; returns the MACs done.
  std::int64_t (*run_bytes)(std::int64_t rounds);  // u8 * s8
  std::int64_t (*run_pairs)(std::int64_t rounds);  // int16 * int16
};

/// For the instruction set in force (see models/gemm/gemm_simd.h).
[[nodiscard]] const DotRate& dot_rate();

}  // namespace nibble
