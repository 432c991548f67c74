// What one MAC takes in our own netlists, by how many of its operands are zeros.
#pragma once

#include <string>

namespace nibble {

/// Shares of the MACs that are no padding.
struct OperandShares {
  double streamed_nonzero = 0;  // the streamed operand is not zero
  double nonzero = 0;           // neither is the stationary one
  bool given = false;           // by the chip's file: a what-if that no trace replaces
};

/// Operands of a workload, and where the figures are from.
struct WorkloadOperands {
  // Of GEMMs in 4 bits: integers, the even phase of fp4 (dgrad), its odd phase (wgrad).
  OperandShares int4, fp4_even, fp4_odd;
  OperandShares fp16;       // of those that the 4-bit chip keeps in fp16
  OperandShares fp16_step;  // of all GEMMs, as an FP16 chip multiplies them
  std::string source;
};

/// A function of operands and lanes fitted to simulations of netlists (tools/energy): picojoules at
/// the library's node and supply. Lanes with padding stand still.
struct MacEnergy {
  double constant_pj = 0;  // of every MAC that is no padding
  double column_pj = 0;    // of a row of its column, over the column's lanes: rounder, adder
  double streamed_pj = 0;  // more, where the streamed operand is not zero
  double nonzero_pj = 0;   // more, where neither is
  double error = 0;        // relative, root mean square over the passes it was fitted to
  std::string netlists;    // designs of configs/silicon/*.json

  /// A MAC in a column of so many lanes, padding or not.
  [[nodiscard]] double issued_pj(int lanes) const { return column_pj / lanes; }
  /// What a MAC that is no padding takes more.
  [[nodiscard]] double useful_pj(const OperandShares& shares) const {
    return constant_pj + streamed_pj * shares.streamed_nonzero + nonzero_pj * shares.nonzero;
  }
};

}  // namespace nibble
