#include "models/gemm/fp16_sum_range.h"

#include <algorithm>

#include "models/formats/vector_clones.h"

namespace nibble {

NIBBLE_VECTOR_CLONES
Fp16Extent fp16_extent(const Fp16Code* codes, std::int64_t count) {
  Fp16Code largest = 0;
  Fp16Code below_smallest = 0xFFFF;  // magnitude - 1: a zero is the largest of all
  Fp16Code mantissas = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<Fp16Code>(codes[i] & 0x7FFF);
    const auto below = static_cast<Fp16Code>(magnitude - 1);
    largest = magnitude > largest ? magnitude : largest;
    below_smallest = below < below_smallest ? below : below_smallest;
    mantissas |= codes[i];
  }
  Fp16Extent extent;
  extent.largest = largest;
  extent.smallest = largest == 0 ? extent.smallest : static_cast<Fp16Code>(below_smallest + 1);
  extent.mantissas = mantissas & 511;
  return extent;
}

Fp16Extent merged(const Fp16Extent& a, const Fp16Extent& b) {
  return {std::max(a.largest, b.largest), std::min(a.smallest, b.smallest),
          static_cast<Fp16Code>(a.mantissas | b.mantissas)};
}

/// Overflow: rounding acc + p moves it by at most |p|, since acc itself is representable. So a
/// chunk is at most 2 * sum|p|, a group twice its chunks, the result twice its groups.
/// Underflow: rounding a multiple of a power of two to ten bits leaves it one, so that a sum that
/// is not zero is at least the product of the operands' units, and DLFloat16 holds 2^-30.
Fp16SumRange fp16_sum_range(std::int64_t k, const Fp16Extent& a, const Fp16Extent& b) {
  if (a.largest == kFp16NanInfinity || b.largest == kFp16NanInfinity) return Fp16SumRange::any;
  const double largest = 8.0 * static_cast<double>(k) *
                         static_cast<double>(fp16_to_float(a.largest)) *
                         static_cast<double>(fp16_to_float(b.largest));
  if (largest > 4294967296.0) return Fp16SumRange::any;
  return a.unit() + b.unit() < -30 ? Fp16SumRange::no_overflow : Fp16SumRange::no_limits_reached;
}

}  // namespace nibble
