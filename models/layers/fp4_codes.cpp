// fp16 codes to the FP4 codes of both phases, 16 bits a number: what every 4-bit layer's gradient
// goes through.
#include <algorithm>

#include "models/layers/fp16_values.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/layers/fp4_codes.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TagCode = hn::ScalableTag<std::uint16_t>;
using TagLevel = hn::ScalableTag<std::int16_t>;
using TagNibble = hn::Rebind<std::uint8_t, TagCode>;
using VecCode = hn::Vec<TagCode>;
using VecLevel = hn::Vec<TagLevel>;

constexpr std::size_t kAhead = 2048;  // of what is written: it is fetched before it is needed
constexpr std::size_t kLanes = hn::MaxLanes(TagCode());

HWY_INLINE void store(VecLevel level, VecLevel sign, NibbleCode* to) {
  const auto zero = hn::Zero(TagLevel());
  const VecLevel code = hn::IfThenElseZero(hn::Ne(level, zero), hn::Or(level, sign));
  hn::StoreU(hn::TruncateTo(TagNibble(), hn::BitCast(TagCode(), code)), TagNibble(), to);
}

/// One vector, fp4_quantize.h's arithmetic. kPlain: no magnitude is a special case.
template <bool kPlain>
HWY_INLINE void quantize_vector(const Fp16Code* x, VecLevel offset, VecCode& largest,
                                NibbleCode* even, NibbleCode* odd) {
  const TagCode d;
  const TagLevel di;
  const VecCode code = hn::LoadU(d, x);
  const VecCode magnitude = hn::And(code, hn::Set(d, kFp16NanInfinity));
  largest = hn::Max(largest, magnitude);
  const auto reached = hn::ShiftRight<kFp16MantissaBits>(hn::Add(magnitude, hn::Set(d, 384)));
  // Twice the even level; the odd phase is one exponent further.
  VecLevel doubled = hn::Add(hn::BitCast(di, reached), offset);
  doubled = hn::Min(hn::Max(doubled, hn::Zero(di)), hn::Set(di, 14));
  if constexpr (!kPlain) {
    const auto signless = hn::BitCast(di, magnitude);
    doubled = hn::IfThenElseZero(hn::Ne(signless, hn::Zero(di)), doubled);
    doubled =
        hn::IfThenElse(hn::Eq(signless, hn::Set(di, kFp16NanInfinity)), hn::Set(di, 14), doubled);
  }
  const VecLevel sign = hn::BitCast(di, hn::And(hn::ShiftRight<12>(code), hn::Set(d, 8)));
  store(hn::ShiftRight<1>(doubled), sign, even);
  store(hn::ShiftRight<1>(hn::Add(doubled, hn::Set(di, 1))), sign, odd);
}

template <bool kPlain>
Fp16Code quantize_all(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                      NibbleCode* odd) {
  const VecLevel offset = hn::Set(TagLevel(), static_cast<std::int16_t>(gradscale + 8 - kFp16Bias));
  VecCode largest = hn::Zero(TagCode());
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    __builtin_prefetch(even + i + kAhead, 1);
    __builtin_prefetch(odd + i + kAhead, 1);
    quantize_vector<kPlain>(x + i, offset, largest, even + i, odd + i);
  }
  if (i < count) {
    Fp16Code rest[kLanes] = {};
    NibbleCode even_rest[kLanes], odd_rest[kLanes];
    std::copy(x + i, x + count, rest);
    quantize_vector<kPlain>(rest, offset, largest, even_rest, odd_rest);
    std::copy_n(even_rest, count - i, even + i);
    std::copy_n(odd_rest, count - i, odd + i);
  }
  Fp16Code lanes[kLanes];
  hn::StoreU(largest, TagCode(), lanes);
  return *std::max_element(lanes, lanes + kLanes);
}

Fp16Code quantize(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                  NibbleCode* odd) {
  // In between, NaN-infinity is beyond the highest level and zero below the lowest one, as all
  // numbers of their exponents are.
  constexpr int kLeastPlain = -27, kMostPlain = 23;
  const bool plain = gradscale >= kLeastPlain && gradscale <= kMostPlain;
  const int scale = std::clamp(gradscale, -100, 100);  // beyond it nothing changes
  return (plain ? quantize_all<true> : quantize_all<false>)(x, count, scale, even, odd);
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(quantize);

}  // namespace

Fp16Code fp4_quantize_codes(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                            NibbleCode* odd) {
  return HWY_DYNAMIC_DISPATCH(quantize)(x, count, gradscale, even, odd);
}

}  // namespace nibble
#endif  // HWY_ONCE
