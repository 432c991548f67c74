// Opens and closes the per-target regions of the SIMD GEMM. Highway 1.0.3 asks the compiler for
// AVX-VNNI (the AVX2-sized instructions) on its target AVX3_DL but not for AVX-512's own VNNI,
// which the CPUs it picks for that target all have: ask for it too.
#if defined(NIBBLE_GEMM_SIMD_TARGET_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_GEMM_SIMD_TARGET_INL_H
#undef NIBBLE_GEMM_SIMD_TARGET_INL_H
#else
#define NIBBLE_GEMM_SIMD_TARGET_INL_H
#endif

#include "hwy/highway.h"

#undef NIBBLE_BEFORE_NAMESPACE
#undef NIBBLE_AFTER_NAMESPACE
#if HWY_TARGET == HWY_AVX3_DL
#define NIBBLE_BEFORE_NAMESPACE() \
  HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni") static_assert(true, "")
#else
#define NIBBLE_BEFORE_NAMESPACE() HWY_BEFORE_NAMESPACE()
#endif
#define NIBBLE_AFTER_NAMESPACE() HWY_AFTER_NAMESPACE()

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TagI32 = hn::ScalableTag<std::int32_t>;
using TagF32 = hn::ScalableTag<float>;
using VecI32 = hn::Vec<TagI32>;
using VecF32 = hn::Vec<TagF32>;

inline constexpr std::size_t kLanes = hn::MaxLanes(TagI32());

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
