// The array forms of the fp8 conversions. Towards fp8 the format is a constant in each loop, so
// that the loops vectorise.
#include "models/formats/fp8.h"

#include <array>

#include "models/formats/vector_clones.h"

namespace nibble {

namespace {

template <Fp8Format kFormat>
inline __attribute__((always_inline)) void from_floats(const float* x, std::size_t count,
                                                       int exponent, Fp8Code* codes) {
  for (std::size_t i = 0; i < count; ++i) codes[i] = fp8_from_float(kFormat, x[i], exponent);
}

template <Fp8Format kFormat>
inline __attribute__((always_inline)) void from_fp16s(const Fp16Code* x, std::size_t count,
                                                      int exponent, Fp8Code* codes) {
  for (std::size_t i = 0; i < count; ++i) codes[i] = fp8_from_fp16(kFormat, x[i], exponent);
}

/// Of all 256 codes: a look-up is eight times as fast as the conversion, which does not vectorise.
using Fp16Values = std::array<Fp16Code, 256>;

Fp16Values fp16_values(Fp8Format format) {
  Fp16Values values{};
  for (std::size_t code = 0; code < values.size(); ++code) {
    values[code] = fp8_to_fp16(format, static_cast<Fp8Code>(code));
  }
  return values;
}

}  // namespace

NIBBLE_VECTOR_CLONES
void fp8_from_floats(Fp8Format format, const float* x, std::size_t count, int exponent,
                     Fp8Code* codes) {
  if (format == Fp8Format::e4m3b11) {
    from_floats<Fp8Format::e4m3b11>(x, count, exponent, codes);
  } else {
    from_floats<Fp8Format::e5m2>(x, count, exponent, codes);
  }
}

NIBBLE_VECTOR_CLONES
void fp8_from_fp16s(Fp8Format format, const Fp16Code* x, std::size_t count, int exponent,
                    Fp8Code* codes) {
  if (format == Fp8Format::e4m3b11) {
    from_fp16s<Fp8Format::e4m3b11>(x, count, exponent, codes);
  } else {
    from_fp16s<Fp8Format::e5m2>(x, count, exponent, codes);
  }
}

void fp8_to_fp16s(Fp8Format format, const Fp8Code* codes, std::size_t count, Fp16Code* x) {
  static const Fp16Values kE4m3b11 = fp16_values(Fp8Format::e4m3b11);
  static const Fp16Values kE5m2 = fp16_values(Fp8Format::e5m2);
  const Fp16Values& values = format == Fp8Format::e4m3b11 ? kE4m3b11 : kE5m2;
  for (std::size_t i = 0; i < count; ++i) x[i] = values[codes[i]];
}

}  // namespace nibble
