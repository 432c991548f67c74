// What MACs take in a chip's arrays: energies of its netlists, for its operands, at the energy
// table's node.
#pragma once

#include <cstdint>

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"

namespace nibble {

/// Of one kind of MAC.
struct MacCost {
  // Picojoules at the library's node.
  double issued_pj = 0;  // of every MAC, padding or not
  double useful_pj = 0;  // more, of one that is no padding
  /// To the table's node, widened by the error of the model of operands.
  Ranged scale;

  /// Picojoules.
  [[nodiscard]] double of(std::int64_t issued, std::int64_t useful, Level level) const {
    return (static_cast<double>(issued) * issued_pj + static_cast<double>(useful) * useful_pj) *
           scale.at(level);
  }
};

struct ArrayCosts {
  MacCost int4, fp4_even, fp4_odd, fp8, fp16;
  MacCost fp16_addition;  // in front of an accumulator of an FP16 array
};

/// By the lanes of the chip's 4-bit array and of its FP16 array; by its silicon's operands.
[[nodiscard]] ArrayCosts array_costs(const ChipConfig& config, const EnergyTable& table);

}  // namespace nibble
