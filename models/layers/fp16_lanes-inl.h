// fp16 numbers side by side as binary32 numbers, in which the SFU computes (NUMERICS section 4):
// load and round. Included once for each instruction set.
#if defined(NIBBLE_FP16_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_FP16_LANES_INL_H
#undef NIBBLE_FP16_LANES_INL_H
#else
#define NIBBLE_FP16_LANES_INL_H
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "models/formats/fp16.h"
#include "models/formats/int4.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TagF32 = hn::ScalableTag<float>;
using TagI32 = hn::ScalableTag<std::int32_t>;
using TagU32 = hn::ScalableTag<std::uint32_t>;
using TagCodes = hn::Rebind<std::uint16_t, TagI32>;
using TagSignedCodes = hn::Rebind<std::int16_t, TagI32>;
using TagNibbles = hn::Rebind<std::uint8_t, TagI32>;
using VecF32 = hn::Vec<TagF32>;
using VecI32 = hn::Vec<TagI32>;
using MaskF32 = hn::Mask<TagF32>;

inline constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(TagI32()));
inline constexpr std::int32_t kMagnitude = 0x7FFFFFFF;
inline constexpr std::int32_t kQuietNan = 0x7FC00000;
inline constexpr std::int32_t kZeroPattern = (127 - kFp16Bias) << 23;  // 2^-31
inline constexpr std::int32_t kLargestPattern = (kFp16LargestFinite << 14) + kZeroPattern;

HWY_INLINE VecI32 all(std::int32_t bits) { return hn::Set(TagI32(), bits); }
HWY_INLINE VecF32 all(float x) { return hn::Set(TagF32(), x); }
HWY_INLINE VecI32 bits_of(VecF32 x) { return hn::BitCast(TagI32(), x); }
HWY_INLINE VecF32 lanes_of(VecI32 bits) { return hn::BitCast(TagF32(), bits); }

/// The first `count` elements, at most a vector; the others are zeros.
template <class Tag, typename Element>
HWY_INLINE hn::Vec<Tag> load_some(Tag tag, const Element* from, std::int64_t count) {
  if (HWY_LIKELY(count >= kLanes)) return hn::LoadU(tag, from);
  HWY_ALIGN Element padded[kLanes] = {};
  std::memcpy(padded, from, static_cast<std::size_t>(count) * sizeof(Element));
  return hn::Load(tag, padded);
}

template <class Tag, typename Element>
HWY_INLINE void store_some(hn::Vec<Tag> vector, Tag tag, std::int64_t count, Element* to) {
  if (HWY_LIKELY(count >= kLanes)) return hn::StoreU(vector, tag, to);
  HWY_ALIGN Element padded[kLanes];
  hn::Store(vector, tag, padded);
  std::memcpy(to, padded, static_cast<std::size_t>(count) * sizeof(Element));
}

/// Codes, each in 32 bits with its sign in all of the upper ones.
HWY_INLINE VecI32 load_codes(const Fp16Code* from, std::int64_t count) {
  const auto* codes = reinterpret_cast<const std::int16_t*>(from);
  return hn::PromoteTo(TagI32(), load_some(TagSignedCodes(), codes, count));
}
HWY_INLINE void store_codes(VecI32 codes, std::int64_t count, Fp16Code* to) {
  store_some(hn::TruncateTo(TagCodes(), hn::BitCast(TagU32(), codes)), TagCodes(), count, to);
}

/// fp16_to_float, but a zero is +0 and NaN-infinity is another quiet NaN of its sign. kFinite: no
/// code is NaN-infinity.
template <bool kFinite = false>
HWY_INLINE VecF32 decode(VecI32 code) {
  // The sign stands in bits 31 to 29, the lower two of which are cleared.
  const VecI32 kept = hn::And(hn::ShiftLeft<14>(code), all(static_cast<std::int32_t>(0x9FFFC000U)));
  const VecI32 number = hn::Add(kept, all(kZeroPattern));
  const VecI32 magnitude = hn::And(code, all(kFp16NanInfinity));
#if HWY_CAP_GE512
  const auto nonzero =
      hn::TestBit(code, all(kFp16NanInfinity));  // any of these bits, one instruction
#else
  const auto nonzero = hn::Ne(magnitude, all(0));
#endif
  const VecI32 finite = hn::IfThenElseZero(nonzero, number);
  if constexpr (kFinite) return lanes_of(finite);
  return lanes_of(hn::IfThenElse(hn::Eq(magnitude, all(kFp16NanInfinity)),
                                 hn::Or(number, all(kQuietNan)), finite));
}
template <bool kFinite = false>
HWY_INLINE VecF32 decode(const Fp16Code* from, std::int64_t count) {
  return decode<kFinite>(load_codes(from, count));
}

/// fp16_rounded: the value of the code that fp16_from_float gives. Of NaNs the usual ones only,
/// whose low bits are zero.
HWY_INLINE VecF32 rounded(VecF32 x) {
  const VecI32 bits = hn::And(hn::Add(bits_of(x), all(0x2000)), all(~0x3FFF));
  const VecI32 magnitude = hn::And(bits, all(kMagnitude));
  const VecI32 number = hn::IfThenElseZero(hn::Gt(magnitude, all(kZeroPattern)), bits);
  return lanes_of(hn::IfThenElse(hn::Gt(magnitude, all(kLargestPattern)), all(kQuietNan), number));
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#endif
