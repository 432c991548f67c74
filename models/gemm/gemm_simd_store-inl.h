// Accumulators to results: binary32 numbers in units of 2^u to fp16 codes or binary32. Included
// once for each instruction set.
#if defined(NIBBLE_GEMM_SIMD_STORE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_GEMM_SIMD_STORE_INL_H
#undef NIBBLE_GEMM_SIMD_STORE_INL_H
#else
#define NIBBLE_GEMM_SIMD_STORE_INL_H
#endif

#include <cmath>
#include <cstdint>

#include "models/formats/fp16.h"
#include "models/gemm/gemm_simd_target-inl.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// `state` holds numbers of ten significant bits that fit fp16 once scaled.
inline void store_fp16(const float* state, int rows, int width, int columns, int exponent,
                       std::int64_t row_stride, Fp16Code* c) {
  const TagI32 di;
  const hn::Rebind<std::uint16_t, TagI32> d16;
  constexpr int kStep = static_cast<int>(kLanes);
  // Binary32's exponent and the nine mantissa bits that are left, moved to DLFloat16's bias.
  const VecI32 rebias = hn::Set(di, (127 - kFp16Bias - exponent) << kFp16MantissaBits);
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < columns; n += kStep) {
      const VecI32 bits = hn::BitCast(di, hn::Load(TagF32(), state + row * width + n));
      const VecI32 magnitude = hn::ShiftRight<14>(hn::And(bits, hn::Set(di, 0x7FFFFFFF)));
      const VecI32 sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 0x8000));
      const auto nonzero = hn::Ne(magnitude, hn::Zero(di));
      const auto code =
          hn::DemoteTo(d16, hn::IfThenElseZero(nonzero, hn::Or(sign, hn::Sub(magnitude, rebias))));
      Fp16Code* out = c + row * row_stride + n;
      if (columns - n >= kStep) {
        hn::StoreU(code, d16, out);
      } else {
        HWY_ALIGN Fp16Code codes[kLanes];
        hn::Store(code, d16, codes);
        for (int i = 0; i < columns - n; ++i) out[i] = codes[i];
      }
    }
  }
}

inline void store_fp32(const float* state, int rows, int width, int columns, int exponent,
                       std::int64_t row_stride, float* c) {
  const float unit = std::ldexp(1.0F, exponent);  // a power of two: exact
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < columns; ++n) c[row * row_stride + n] = state[row * width + n] * unit;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
