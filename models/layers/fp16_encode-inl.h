// Lanes of binary32 numbers to fp16 codes: rounded, known to be rounded, or two vectors at a time.
// Included once for each instruction set.
#if defined(NIBBLE_FP16_ENCODE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_FP16_ENCODE_INL_H
#undef NIBBLE_FP16_ENCODE_INL_H
#else
#define NIBBLE_FP16_ENCODE_INL_H
#endif

#include "models/layers/fp16_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// The code of binary32 bits whose low 14 do not count.
HWY_INLINE void store_cut(VecI32 bits, std::int64_t count, Fp16Code* to) {
  const VecI32 magnitude = hn::Sub(hn::ShiftRight<14>(hn::And(bits, all(kMagnitude))),
                                   all((127 - kFp16Bias) << kFp16MantissaBits));
  const VecI32 capped = hn::Min(magnitude, all(kFp16NanInfinity));
  const VecI32 sign = hn::And(hn::ShiftRight<16>(bits), all(0x8000));
  // Zeros and NaN-infinity have no sign.
  const VecI32 code =
      hn::IfThenElse(hn::Lt(capped, all(kFp16NanInfinity)), hn::Or(capped, sign), capped);
  store_codes(hn::IfThenElseZero(hn::Gt(magnitude, all(0)), code), count, to);
}

/// The code of a number that is one of fp16's, zero or positive, or NaN without a sign.
HWY_INLINE void encode_positive(VecF32 x, std::int64_t count, Fp16Code* to) {
  const VecI32 magnitude = hn::ShiftRight<14>(hn::Sub(bits_of(x), all(kZeroPattern)));
  const VecI32 capped = hn::Min(magnitude, all(kFp16NanInfinity));
  // What is below zero becomes zero on its way to unsigned 16 bits.
  store_some(hn::DemoteTo(TagCodes(), capped), TagCodes(), count, to);
}

/// The code of a number that is one of fp16's.
HWY_INLINE void encode_exact(VecF32 x, std::int64_t count, Fp16Code* to) {
  store_cut(bits_of(x), count, to);
}

/// fp16_from_float.
HWY_INLINE void encode(VecF32 x, std::int64_t count, Fp16Code* to) {
  store_cut(hn::Add(bits_of(x), all(0x2000)), count, to);
}

#if HWY_CAP_GE512
/// fp16_from_float of two whole vectors, to where each of them goes. Saturating to 16 bits is the
/// upper limit, and half of the work is done on both vectors at once.
HWY_INLINE void encode_two(VecF32 a, VecF32 b, Fp16Code* to_a, Fp16Code* to_b) {
  using TagTwo = hn::ScalableTag<std::int16_t>;
  const TagTwo d;
  const auto magnitude_of = [](VecF32 x) HWY_ATTR {
    // Half of the last kept place is added to the bits, fp16's bias replaces binary32's.
    const VecI32 rebiased =
        hn::Add(hn::And(bits_of(x), all(kMagnitude)), all(0x2000 - kZeroPattern));
    return hn::ShiftRight<14>(rebiased);
  };
  const auto magnitude =
      hn::Max(hn::ReorderDemote2To(d, magnitude_of(a), magnitude_of(b)), hn::Zero(d));
  const auto signs = hn::ReorderDemote2To(d, bits_of(a), bits_of(b));  // saturated: signs stay
  const auto with_sign = hn::OrAnd(magnitude, signs, hn::Set(d, static_cast<std::int16_t>(0x8000)));
  // Zeros and NaN-infinity have no sign.
  const hn::RebindToUnsigned<TagTwo> unsigned_d;
  const auto number = hn::Lt(hn::BitCast(unsigned_d, hn::Sub(magnitude, hn::Set(d, 1))),
                             hn::Set(unsigned_d, kFp16NanInfinity - 1));
  const auto codes = hn::IfThenElse(number, hn::BitCast(unsigned_d, with_sign),
                                    hn::BitCast(unsigned_d, magnitude));
  // Four of `a` stand beside four of `b`, and so on: in pairs of codes.
  HWY_ALIGN static constexpr std::int32_t kInOrder[16] = {0, 1, 4, 5, 8,  9,  12, 13,
                                                          2, 3, 6, 7, 10, 11, 14, 15};
  const auto ordered = hn::BitCast(
      unsigned_d,
      hn::TableLookupLanes(hn::BitCast(TagI32(), codes), hn::SetTableIndices(TagI32(), kInOrder)));
  hn::StoreU(hn::LowerHalf(TagCodes(), ordered), TagCodes(), to_a);
  hn::StoreU(hn::UpperHalf(TagCodes(), ordered), TagCodes(), to_b);
}
#else
HWY_INLINE void encode_two(VecF32 a, VecF32 b, Fp16Code* to_a, Fp16Code* to_b) {
  encode(a, kLanes, to_a);
  encode(b, kLanes, to_b);
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#endif
