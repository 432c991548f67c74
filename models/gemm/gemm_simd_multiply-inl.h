// The micro-kernel: one A tile times one B panel, chunk sums in registers, running accumulators in
// the first-level cache. Included once for each instruction set.
//
// A chunk sum S is an exact int32. It becomes a binary32 number exactly (|S| < 2^24), and adding
// half of the last kept place to the bits, then clearing the 14 low ones, is DLFloat16's rounding
// with ties away, because both formats keep exponent above mantissa. acc + P is one binary32
// addition followed by the same two operations: where binary32 had to round, |P| < |acc| * 2^-12,
// and the sum is then further from a midpoint of DLFloat16 than binary32's error. The accumulators
// hold units of 2^u as binary32 numbers; gemm_simd.cpp argues why no DLFloat16 under- or overflow
// can occur on the way.
#if defined(NIBBLE_GEMM_SIMD_MULTIPLY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_GEMM_SIMD_MULTIPLY_INL_H
#undef NIBBLE_GEMM_SIMD_MULTIPLY_INL_H
#else
#define NIBBLE_GEMM_SIMD_MULTIPLY_INL_H
#endif

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/gemm/gemm_simd_dot-inl.h"
#include "models/gemm/gemm_simd_kernels.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// How a binary32 number is rounded: {0x2000, 0xFFFFC000} to DLFloat16's ten bits, {0, ~0} not.
struct Rounding {
  VecI32 half;
  VecI32 mask;

  HWY_INLINE VecF32 operator()(VecF32 x) const {
    const VecI32 bits = hn::BitCast(TagI32(), x);
    return hn::BitCast(TagF32(), hn::And(hn::Add(bits, half), mask));
  }
};

HWY_INLINE Rounding to_fp16() {
  return {hn::Set(TagI32(), 0x2000), hn::Set(TagI32(), static_cast<std::int32_t>(0xFFFFC000))};
}
HWY_INLINE Rounding to_fp32() { return {hn::Zero(TagI32()), hn::Set(TagI32(), -1)}; }

HWY_INLINE VecI32 broadcast_quad(const std::uint8_t* quad) {
  std::int32_t bits = 0;
  std::memcpy(&bits, quad, sizeof bits);
  return hn::Set(TagI32(), bits);
}

/// I numbers the Rows x Vectors accumulators, row major. They are only ever named with constant
/// indices, otherwise g++ keeps them in memory.
template <class Dot, std::size_t Rows, std::size_t Vectors, std::size_t... I>
HWY_INLINE void multiply_block(const TileProduct& product, std::index_sequence<I...>) {
  const TagI32 di;
  const TagF32 df;
  // A group's sum begins at zero and is added to the state in the end, unless that is zero.
  const bool adds_group = product.accumulator == AccumulatorType::fp16x2 && !product.first;
  const Rounding round_chunk = to_fp16();
  const Rounding round_sum = product.accumulator == AccumulatorType::fp32 ? to_fp32() : to_fp16();

  HWY_ALIGN float sums[Rows * Vectors * kLanes];
  (hn::Store(adds_group || product.first ? hn::Zero(df) : hn::Load(df, product.state + I * kLanes),
             df, sums + I * kLanes),
   ...);

  const std::uint8_t* a = product.a;
  const std::int32_t* b = product.b;
  for (int chunk = 0; chunk < product.chunks; ++chunk) {
    const std::int32_t* start = product.start + chunk * Vectors * kLanes;
    VecI32 acc[Rows * Vectors];
    ((acc[I] = Dot::start(hn::Load(di, start + I % Vectors * kLanes))), ...);
    int left = chunk + 1 == product.chunks ? product.quads_in_last_chunk : product.layout.quads;
    for (; left > 0; left -= kQuadsPerPiece) {
      const std::uint8_t* const end = a + 4 * std::min(left, kQuadsPerPiece);
      for (const std::uint8_t* quad = a; quad != end; quad += 4) {
        ((acc[I] = Dot::step(acc[I], broadcast_quad(quad + I / Vectors * kPieceBytes),
                             hn::Load(di, b + I % Vectors * kLanes))),
         ...);
        b += Vectors * kLanes;
      }
      a += Rows * kPieceBytes;
    }
    (hn::Store(round_sum(hn::Add(
                   hn::Load(df, sums + I * kLanes),
                   round_chunk(hn::ConvertTo(
                       df, Dot::finish(acc[I], hn::Load(di, start + I % Vectors * kLanes)))))),
               df, sums + I * kLanes),
     ...);
  }

  ((hn::Store(adds_group ? round_sum(hn::Add(hn::Load(df, product.state + I * kLanes),
                                             hn::Load(df, sums + I * kLanes)))
                         : hn::Load(df, sums + I * kLanes),
              df, product.state + I * kLanes)),
   ...);
}

template <class Dot, std::size_t Rows, std::size_t Vectors>
HWY_NOINLINE void multiply_tile(const TileProduct& product) {
  multiply_block<Dot, Rows, Vectors>(product, std::make_index_sequence<Rows * Vectors>());
}

template <class Dot, std::size_t Vectors>
HWY_INLINE void multiply_rows(const TileProduct& product, int tile_rows) {
#if HWY_CAP_GE512
  if (tile_rows == 12) return multiply_tile<Dot, 12, Vectors>(product);
  if (tile_rows == 8) return multiply_tile<Dot, 8, Vectors>(product);
#endif
  (void)tile_rows;
  multiply_tile<Dot, 4, Vectors>(product);
}

/// Rows x vectors accumulators must fit the registers: 32 with AVX-512, otherwise 16.
inline int tile_rows(std::int64_t rows) {
#if HWY_CAP_GE512
  if (rows > 16 || (rows > 8 && rows <= 12)) return 12;
  if (rows > 4) return 8;
#endif
  (void)rows;
  return 4;
}

template <class Dot>
HWY_INLINE void multiply_vectors(const TileProduct& product, int rows, int vectors) {
  if (vectors == 2) return multiply_rows<Dot, 2>(product, rows);
  multiply_rows<Dot, 1>(product, rows);
}

inline void multiply(const TileProduct& product, int rows, int vectors, bool bytes) {
  if (bytes) return multiply_vectors<DotBytes>(product, rows, vectors);
  multiply_vectors<DotPairs>(product, rows, vectors);
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
