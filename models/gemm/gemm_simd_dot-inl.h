// Dot products of quads for one instruction set; included once for each by gemm_simd_kernels.cpp.
//   DotBytes  acc[i] += sum of four u8 * s8 products     (integer streams)
//   DotPairs  acc[i] += sum of two int16 * int16 products  (fp4 streams; all streams where bytes
//   lack)
// Highway 1.0.3 has no u8 * s8 dot product at all, and its int16 one is vpmaddwd + vpaddd even on
// AVX3_DL, so both are written with intrinsics here, the only place that names any.
#if defined(NIBBLE_GEMM_SIMD_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_GEMM_SIMD_DOT_INL_H
#undef NIBBLE_GEMM_SIMD_DOT_INL_H
#else
#define NIBBLE_GEMM_SIMD_DOT_INL_H
#endif

#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd_target-inl.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_DL

inline constexpr bool kHasBytes = true;

struct DotBytes {
  static HWY_INLINE VecI32 start(VecI32 first) { return first; }
  static HWY_INLINE VecI32 step(VecI32 acc, VecI32 a, VecI32 b) {
    return VecI32{_mm512_dpbusd_epi32(acc.raw, a.raw, b.raw)};
  }
  static HWY_INLINE VecI32 finish(VecI32 acc, VecI32 /*first*/) { return acc; }
};

struct DotPairs : DotBytes {
  static HWY_INLINE VecI32 step(VecI32 acc, VecI32 a, VecI32 b) {
    return VecI32{_mm512_dpwssd_epi32(acc.raw, a.raw, b.raw)};
  }
};

#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || \
    HWY_TARGET == HWY_SSSE3

inline constexpr bool kHasBytes = true;

#if HWY_TARGET == HWY_AVX3
HWY_INLINE VecI32 madd_bytes(VecI32 a, VecI32 b) {
  return VecI32{_mm512_maddubs_epi16(a.raw, b.raw)};
}
HWY_INLINE VecI32 madd_pairs(VecI32 a, VecI32 b) { return VecI32{_mm512_madd_epi16(a.raw, b.raw)}; }
#elif HWY_TARGET == HWY_AVX2
HWY_INLINE VecI32 madd_bytes(VecI32 a, VecI32 b) {
  return VecI32{_mm256_maddubs_epi16(a.raw, b.raw)};
}
HWY_INLINE VecI32 madd_pairs(VecI32 a, VecI32 b) { return VecI32{_mm256_madd_epi16(a.raw, b.raw)}; }
#else
HWY_INLINE VecI32 madd_bytes(VecI32 a, VecI32 b) { return VecI32{_mm_maddubs_epi16(a.raw, b.raw)}; }
HWY_INLINE VecI32 madd_pairs(VecI32 a, VecI32 b) { return VecI32{_mm_madd_epi16(a.raw, b.raw)}; }
#endif

// Two products are added in int16 and stay there until the chunk ends. Nothing saturates or wraps:
// kMaxChunkLen = 256 is 64 quads, each adding at most 2 * 15 * 15 = 450 in magnitude.
struct DotBytes {
  static_assert(kMaxChunkLen / 4 * 450 <= 32767, "int16 chunk sums would overflow");
  static HWY_INLINE VecI32 start(VecI32 /*first*/) { return hn::Zero(TagI32()); }
  static HWY_INLINE VecI32 step(VecI32 acc, VecI32 a, VecI32 b) {
    const hn::Repartition<std::int16_t, TagI32> d16;
    return hn::BitCast(TagI32(),
                       hn::Add(hn::BitCast(d16, acc), hn::BitCast(d16, madd_bytes(a, b))));
  }
  static HWY_INLINE VecI32 finish(VecI32 acc, VecI32 first) {
    return hn::Add(first, madd_pairs(acc, hn::Set(TagI32(), 0x00010001)));
  }
};

struct DotPairs {
  static HWY_INLINE VecI32 start(VecI32 first) { return first; }
  static HWY_INLINE VecI32 step(VecI32 acc, VecI32 a, VecI32 b) {
    return hn::Add(acc, madd_pairs(a, b));
  }
  static HWY_INLINE VecI32 finish(VecI32 acc, VecI32 /*first*/) { return acc; }
};

#else  // portable: int32 operations only, so that it also runs with one lane

inline constexpr bool kHasBytes = false;

struct DotPairs {
  static HWY_INLINE VecI32 start(VecI32 first) { return first; }
  static HWY_INLINE VecI32 step(VecI32 acc, VecI32 a, VecI32 b) {
    const auto even = [](VecI32 v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
    const auto odd = [](VecI32 v) HWY_ATTR { return hn::ShiftRight<16>(v); };
    return hn::Add(acc, hn::Add(hn::Mul(even(a), even(b)), hn::Mul(odd(a), odd(b))));
  }
  static HWY_INLINE VecI32 finish(VecI32 acc, VecI32 /*first*/) { return acc; }
};
using DotBytes = DotPairs;

#endif

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
