// The gradient quantiser on all 65,536 fp16 inputs, both phases, both ties, many loss scales,
// against the list of thresholds that NUMERICS prints.
#include "models/quantize/fp4_quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

constexpr std::array<double, 7> kThresholds{0.009765625, 0.0390625, 0.15625, 0.625, 2.5, 10, 40};

/// |value| of a finite code by its definition; exact in binary64.
double magnitude_of(Fp16Code code) {
  if ((code & 0x7FFF) == 0) return 0;
  return std::ldexp(512 + (code & 511), ((code >> 9) & 63) - 40);
}

NibbleCode expected_code(Fp16Code x, Fp4Phase phase, int gradscale, Fp4Tie tie) {
  const int sign = (x & 0x8000) != 0 ? 8 : 0;
  if ((x & 0x7FFF) == 0x7FFF) return static_cast<NibbleCode>(sign | 7);
  // Binary64 holds every value times 2^+-900 exactly. fp4_odd(x) is fp4_even(2x), value halved:
  // the halving is in the code's meaning, not in the code.
  const int scale = std::clamp(gradscale, -900, 900);
  const double scaled = std::ldexp(magnitude_of(x), scale) * (phase == Fp4Phase::odd ? 2 : 1);
  int level = 0;
  for (const double threshold : kThresholds) {
    if (tie == Fp4Tie::up ? scaled >= threshold : scaled > threshold) ++level;
  }
  return static_cast<NibbleCode>(level == 0 ? 0 : sign | level);
}

TEST_CASE("fp4 codes of all fp16 inputs follow the thresholds in both phases and both ties") {
  std::vector<int> scales{std::numeric_limits<int>::min(),
                          std::numeric_limits<int>::max(),
                          -1000,
                          -101,
                          -100,
                          -99,
                          -64,
                          99,
                          100,
                          101,
                          1000};
  for (int scale = -45; scale <= 45; ++scale) scales.push_back(scale);
  for (const Fp4Phase phase : {Fp4Phase::even, Fp4Phase::odd}) {
    for (const Fp4Tie tie : {Fp4Tie::up, Fp4Tie::down}) {
      for (const int scale : scales) {
        int mismatches = 0;
        for (std::uint32_t i = 0; i < 0x10000; ++i) {
          const auto x = static_cast<Fp16Code>(i);
          const NibbleCode expected = expected_code(x, phase, scale, tie);
          mismatches += fp4_quantize(x, phase, scale, tie) != expected ? 1 : 0;
        }
        CAPTURE(static_cast<int>(phase), static_cast<int>(tie), scale);
        REQUIRE(mismatches == 0);
      }
    }
  }
}

TEST_CASE("A value on a threshold goes up with tie up and down with tie down") {
  for (int level = 1; level <= 7; ++level) {
    const Fp16Code x = fp16_from_double(kThresholds[static_cast<std::size_t>(level) - 1]);
    CHECK(fp4_quantize(x, Fp4Phase::even) == level);
    CHECK(fp4_quantize(x, Fp4Phase::even, 0, Fp4Tie::down) == level - 1);
    CHECK(fp4_quantize(static_cast<Fp16Code>(x - 1), Fp4Phase::even) == level - 1);
    CHECK(fp4_quantize(static_cast<Fp16Code>(x | 0x8000), Fp4Phase::even) == (8 | level));
  }
}

TEST_CASE("Without saturation and flush the code's value is the nearest level of its phase") {
  for (const Fp4Phase phase : {Fp4Phase::even, Fp4Phase::odd}) {
    const double unit = std::ldexp(1.0, fp4_unit_exponent(phase));
    for (std::uint32_t i = 1; i < 0x7FFF; ++i) {
      const auto x = static_cast<Fp16Code>(i);
      const double value = magnitude_of(x);
      const double chosen = fp4_units(fp4_quantize(x, phase)) * unit;
      if (chosen == 0 || value > 4096 * unit) continue;
      for (int exponent = 1; exponent <= 7; ++exponent) {
        const double level = fp4_units(static_cast<NibbleCode>(exponent)) * unit;
        REQUIRE(std::abs(value - chosen) <= std::abs(value - level));
      }
    }
  }
}

}  // namespace
}  // namespace nibble::testing
