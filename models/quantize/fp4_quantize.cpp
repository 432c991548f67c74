// Both phases of a whole tensor at once, in 16-bit integers: the loop that every backward pass of
// every 4-bit layer runs over its output gradient.
#include "models/quantize/fp4_quantize.h"

#include <algorithm>

#include "models/formats/vector_clones.h"

namespace nibble {

namespace {

inline std::int16_t clamped_level(std::int16_t doubled) {
  const auto level = static_cast<std::int16_t>(doubled >> 1);
  return std::min<std::int16_t>(std::max<std::int16_t>(level, 0), 7);
}

}  // namespace

NIBBLE_VECTOR_CLONES
Fp16Code fp4_quantize_phases(const Fp16Code* __restrict x, std::size_t count, int gradscale,
                             NibbleCode* __restrict even, NibbleCode* __restrict odd, Fp4Tie tie) {
  const int scale = std::min(std::max(gradscale, -100), 100);
  // As fp4_quantize(): the exponent of the magnitude plus 384, moved so that twice the even level
  // is left, with its low bit to be dropped; the odd phase is one exponent further.
  const auto addend = static_cast<std::uint16_t>(tie == Fp4Tie::up ? 384 : 383);
  const auto offset = static_cast<std::int16_t>(scale - 1 - kFp16Bias + 9);
  std::int16_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::int16_t>(x[i] & 0x7FFF);
    largest = std::max(largest, magnitude);
    const auto sum = static_cast<std::uint16_t>(magnitude + addend);
    auto doubled = static_cast<std::int16_t>((sum >> kFp16MantissaBits) + offset);
    doubled = magnitude == 0x7FFF ? std::int16_t{15} : doubled;
    doubled = magnitude == 0 ? std::int16_t{-2} : doubled;
    const std::int16_t even_level = clamped_level(doubled);
    const std::int16_t odd_level = clamped_level(static_cast<std::int16_t>(doubled + 1));
    const auto sign = static_cast<std::int16_t>((x[i] >> 12) & 8);
    even[i] = static_cast<NibbleCode>(even_level == 0 ? 0 : even_level | sign);
    odd[i] = static_cast<NibbleCode>(odd_level == 0 ? 0 : odd_level | sign);
  }
  return static_cast<Fp16Code>(largest);
}

}  // namespace nibble
