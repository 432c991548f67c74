// Random operands of one tile command, so that no operand of the whole GEMM need exist: the command
// becomes one of a small GEMM of its own rows, columns and groups; in K it stays where it is. The
// same seed gives the same operands.
#pragma once

#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

/// 64 random bits that depend on every bit of both arguments (the finaliser of splitmix64).
[[nodiscard]] std::uint64_t mixed_bits(std::uint64_t seed, std::uint64_t counter);

class SyntheticBlock {
 public:
  /// Operands for `command`: every 4-bit code, or fp16 values of both signs from 1/16 to 16.
  void fill(const TileCommand& command, std::uint64_t seed);

  /// The same block as a command on operands().
  [[nodiscard]] static TileCommand rebased(const TileCommand& command);

  /// [G,M,k], [G,k,N] and [G,M,N] of the block, k being the command's part of K.
  [[nodiscard]] TileOperands operands();
  [[nodiscard]] const std::vector<Fp16Code>& results() const { return c_; }

 private:
  TilePrecision precision_ = TilePrecision::nibble4;
  std::int64_t k_first_ = 0, k_count_ = 0;
  std::vector<NibbleCode> a_codes_, b_codes_;
  std::vector<Fp16Code> a_values_, b_values_, c_;
};

}  // namespace nibble
