#include "models/layers/packed_transpose.h"

#include <cstring>
#include <type_traits>

#include "models/formats/vector_clones.h"

namespace nibble {
namespace {

/// DLFloat16's ten significant bits, ties away, of sums far from its limits (gemm_simd.cpp).
inline float rounded_sum(float a, float b) {
  const float sum = a + b;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &sum, sizeof bits);
  bits = (bits + 0x2000U) & 0xFFFFC000U;
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

using Quads = std::uint32_t __attribute__((vector_size(64)));
using Elements = std::uint16_t __attribute__((vector_size(32)));

/// One stage of a transpose: the halves that lie `Distance` lanes apart change places.
template <int Distance>
inline __attribute__((always_inline)) void swap_halves(Quads& a, Quads& b) {
  const auto lane = [](int i, bool upper) {
    const bool from_b = (i & Distance) != 0;
    return (from_b ? 16 : 0) + (i & ~Distance) + (upper ? Distance : 0);
  };
  const Quads low =
      __builtin_shufflevector(a, b, lane(0, false), lane(1, false), lane(2, false), lane(3, false),
                              lane(4, false), lane(5, false), lane(6, false), lane(7, false),
                              lane(8, false), lane(9, false), lane(10, false), lane(11, false),
                              lane(12, false), lane(13, false), lane(14, false), lane(15, false));
  const Quads high = __builtin_shufflevector(
      a, b, lane(0, true), lane(1, true), lane(2, true), lane(3, true), lane(4, true),
      lane(5, true), lane(6, true), lane(7, true), lane(8, true), lane(9, true), lane(10, true),
      lane(11, true), lane(12, true), lane(13, true), lane(14, true), lane(15, true));
  a = low;
  b = high;
}

template <int Distance>
inline __attribute__((always_inline)) void swap_all(Quads* rows) {
  for (int i = 0; i < 16; ++i) {
    if ((i & Distance) == 0) swap_halves<Distance>(rows[i], rows[i + Distance]);
  }
}

}  // namespace

NIBBLE_VECTOR_CLONES
void add_group(float* group, std::int64_t count, float* total) {
  for (std::int64_t i = 0; i < count; ++i) {
    total[i] = rounded_sum(total[i], group[i]);
    group[i] = 0;
  }
}

NIBBLE_VECTOR_CLONES
void interleave_patches(const std::uint16_t* a, const std::uint16_t* b,
                        const std::vector<PatchRun>& runs, std::int64_t place,
                        std::uint32_t* panels) {
  const auto interleave = [](const std::uint16_t* x, const std::uint16_t* y, auto count,
                             std::uint32_t* out) __attribute__((always_inline)) {
    for (std::int64_t i = 0; i < count; ++i) {
      out[i] = static_cast<std::uint32_t>(x[i]) | static_cast<std::uint32_t>(y[i]) << 16;
    }
  };
  for (const PatchRun& run : runs) {
    std::uint32_t* out = panels + run.panel + place * run.width;
    if (run.count == 16) {
      interleave(a + run.source, b + run.source, std::integral_constant<int, 16>(), out);
    } else {
      interleave(a + run.source, b + run.source, run.count, out);
    }
  }
}

NIBBLE_VECTOR_CLONES
void transpose_pairs(const std::uint16_t* const* pixels, std::int64_t first, std::uint32_t* out) {
  Quads rows[16];
  for (int i = 0; i < 16; ++i) {
    Elements a, b;
    std::memcpy(&a, pixels[2 * i] + first, sizeof a);
    std::memcpy(&b, pixels[2 * i + 1] + first, sizeof b);
    rows[i] = __builtin_convertvector(a, Quads) | __builtin_convertvector(b, Quads) << 16;
  }
  swap_all<1>(rows);
  swap_all<2>(rows);
  swap_all<4>(rows);
  swap_all<8>(rows);
  for (int i = 0; i < 16; ++i) std::memcpy(out + i * 16, &rows[i], sizeof(Quads));
}

}  // namespace nibble
