// The array forms of the fp8 conversions. The format is a constant in each loop, so that the loops
// vectorise.
#include "models/formats/fp8.h"

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

template <Fp8Format kFormat>
inline __attribute__((always_inline)) void to_fp16s(const Fp8Code* codes, std::size_t count,
                                                    Fp16Code* x) {
  for (std::size_t i = 0; i < count; ++i) x[i] = fp8_to_fp16(kFormat, codes[i]);
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

NIBBLE_VECTOR_CLONES
void fp8_to_fp16s(Fp8Format format, const Fp8Code* codes, std::size_t count, Fp16Code* x) {
  if (format == Fp8Format::e4m3b11) {
    to_fp16s<Fp8Format::e4m3b11>(codes, count, x);
  } else {
    to_fp16s<Fp8Format::e5m2>(codes, count, x);
  }
}

}  // namespace nibble
