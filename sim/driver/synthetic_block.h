// Random operands of one block of a GEMM, so that no operand of the whole GEMM need exist: the
// block becomes a small GEMM of its own rows, columns and groups, with the whole of K. The same
// seed gives the same operands.
#pragma once

#include <optional>
#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

/// 64 random bits that depend on every bit of both arguments (the finaliser of splitmix64).
[[nodiscard]] std::uint64_t mixed_bits(std::uint64_t seed, std::uint64_t counter);

class SyntheticBlock {
 public:
  /// Operands for `command` and for all commands that continue it in k: every 4-bit code, or fp16
  /// values of both signs from 1/16 to 16. Nothing to do if they are here already.
  void fill(const TileCommand& command, std::uint64_t seed);

  /// The same block as a command on operands().
  [[nodiscard]] static TileCommand rebased(const TileCommand& command);

  /// [G,M,K], [G,K,N] and [G,M,N] of the block.
  [[nodiscard]] TileOperands operands();
  [[nodiscard]] const std::vector<Fp16Code>& results() const { return c_; }

 private:
  std::optional<std::uint64_t> seed_;
  TilePrecision precision_ = TilePrecision::nibble4;
  std::vector<NibbleCode> a_codes_, b_codes_;
  std::vector<Fp16Code> a_values_, b_values_, c_;
};

}  // namespace nibble
