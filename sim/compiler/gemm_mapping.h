// How one GEMM operation is laid over the cores and the stream buffer: what the compiler chooses by
// rule, the mapping search by cost, and an experiment may pin.
#pragma once

#include <cstdint>
#include <map>

namespace nibble {

/// Which dimension the cores share out.
///   rows     of the result: images and pixels (forward, dgrad), output channels (wgrad)
///   columns  of the result: output channels (forward), input channels (dgrad)
///   depth    the reduction of a wgrad: images and pixels; the parts are added up afterwards, so
///            sums are rounded in another order than on one core
///   groups   of attention products
enum class CoreSplit : std::uint8_t { rows, columns, depth, groups };

/// What stays in the buffer while the other operand streams past it.
enum class HeldOperand : std::uint8_t { stationary, streamed };

struct GemmMapping {
  CoreSplit split = CoreSplit::rows;
  HeldOperand held = HeldOperand::stationary;
  // Of a block; 0: the largest that fits, as long as an operation has some blocks.
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
};

/// By index of the operation in the workload; an operation that is not in it is mapped by rule.
using MappingTable = std::map<std::size_t, GemmMapping>;

[[nodiscard]] bool operator==(const GemmMapping& a, const GemmMapping& b);

}  // namespace nibble
