// The two fp8 formats against exact integers in units of 2^-30: decoding of all codes, conversion
// of all fp16 codes at every exponent that matters, every rounding boundary in binary32. The oracle
// walks a sorted list of values and knows nothing of bit patterns.
#include "models/formats/fp8.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/formats/int4.h"
#include "tests/models/formats/exact_fp16.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260201;
constexpr int kUnit = -30;
constexpr Fp8Format kFormats[] = {Fp8Format::e4m3b11, Fp8Format::e5m2};

/// Magnitudes of the codes 0..0x7E in increasing order, in units of 2^-30, by NUMERICS' formula.
std::vector<std::int64_t> magnitudes(Fp8Format format) {
  const int mantissas = format == Fp8Format::e4m3b11 ? 8 : 4;
  const int bias = format == Fp8Format::e4m3b11 ? 11 : 15;
  std::vector<std::int64_t> values;
  for (int code = 0; code < 0x7F; ++code) {
    const int e = code / mantissas;
    const int m = code % mantissas;
    const double value = e == 0 ? std::ldexp(m, 1 - bias) / mantissas
                                : std::ldexp(mantissas + m, e - bias) / mantissas;
    values.push_back(static_cast<std::int64_t>(std::ldexp(value, -kUnit)));
    REQUIRE(std::ldexp(static_cast<double>(values.back()), kUnit) == value);
  }
  return values;
}

/// Nearest magnitude, the larger of two equally near, of `value` * 2^-200.
int nearest(const std::vector<std::int64_t>& values, const BigInt& value) {
  int best = 0;
  for (int code = 1; code < static_cast<int>(values.size()); ++code) {
    // Above the midpoint of two neighbours: 2 value >= lower + upper.
    const BigInt sum = scaled(BigInt(values[code - 1] + values[code]), kUnit + 200);
    if (value * 2 >= sum) best = code;
  }
  return best;
}

Fp8Code with_sign(int magnitude, bool negative) {
  return static_cast<Fp8Code>(magnitude == 0 ? 0 : magnitude | (negative ? 0x80 : 0));
}

TEST_CASE("All 256 codes of both fp8 formats have their defined value, an fp16 number") {
  for (const Fp8Format format : kFormats) {
    const std::vector<std::int64_t> values = magnitudes(format);
    for (int i = 0; i < 256; ++i) {
      const auto code = static_cast<Fp8Code>(i);
      const float value = fp8_to_float(format, code);
      CAPTURE(static_cast<int>(format), i);
      REQUIRE(std::signbit(value) == (code >= 0x80));
      if ((code & 0x7F) == 0x7F) {
        REQUIRE(std::isnan(value));
        REQUIRE(fp8_to_fp16(format, code) == kFp16NanInfinity);
        REQUIRE(fp8_from_float(format, value) == kFp8NanInfinity);
        continue;
      }
      const double exact = std::ldexp(static_cast<double>(values[code & 0x7F]), kUnit);
      REQUIRE(static_cast<double>(value) == (code >= 0x80 ? -exact : exact));
      REQUIRE(fp16_to_float(fp8_to_fp16(format, code)) == value);
      const Fp8Code canonical = (code & 0x7F) == 0 ? Fp8Code{0} : code;
      REQUIRE(fp8_from_float(format, value) == canonical);
      REQUIRE(fp8_from_fp16(format, fp8_to_fp16(format, code)) == canonical);
    }
  }
}

TEST_CASE("The extremes of both fp8 formats are those that NUMERICS prints") {
  CHECK(fp8_to_float(Fp8Format::e4m3b11, kFp8LargestFinite) == 28.0F);
  CHECK(fp8_to_float(Fp8Format::e5m2, kFp8LargestFinite) == 98304.0F);
  CHECK(fp8_to_float(Fp8Format::e4m3b11, 1) == std::ldexp(1.0F, -13));
  CHECK(fp8_to_float(Fp8Format::e5m2, 1) == std::ldexp(1.0F, -16));
}

TEST_CASE("Every u4 and s4 value is an e4m3b11 number") {
  for (int code = 0; code < 16; ++code) {
    for (const int value :
         {u4_value(static_cast<NibbleCode>(code)), s4_value(static_cast<NibbleCode>(code))}) {
      const Fp8Code fp8 = fp8_from_float(Fp8Format::e4m3b11, static_cast<float>(value));
      CHECK(fp8_to_float(Fp8Format::e4m3b11, fp8) == static_cast<float>(value));
    }
  }
}

TEST_CASE("All 65536 fp16 codes convert to the nearest fp8 number, ties away, at every exponent") {
  for (const Fp8Format format : kFormats) {
    const std::vector<std::int64_t> values = magnitudes(format);
    // Midpoints in binary64, exact: at most 5 significant bits.
    std::vector<double> thresholds;
    for (std::size_t code = 1; code < values.size(); ++code) {
      thresholds.push_back(
          std::ldexp(static_cast<double>(values[code - 1] + values[code]), kUnit - 1));
    }
    for (int exponent = -102; exponent <= 102; exponent += std::abs(exponent) > 52 ? 25 : 1) {
      int mismatches = 0;
      for (std::uint32_t i = 0; i < 0x10000; ++i) {
        const auto x = static_cast<Fp16Code>(i);
        Fp8Code expected = kFp8NanInfinity;
        if (!fp16_is_nan_infinity(x)) {
          // Exact: fp16's range times 2^+-102 is far inside binary64's.
          const double value =
              std::ldexp(std::fabs(static_cast<double>(fp16_to_float(x))), exponent);
          const auto above = std::upper_bound(thresholds.begin(), thresholds.end(), value);
          expected = with_sign(static_cast<int>(above - thresholds.begin()), x >= 0x8000);
        }
        mismatches += fp8_from_fp16(format, x, exponent) != expected ? 1 : 0;
      }
      CAPTURE(static_cast<int>(format), exponent);
      REQUIRE(mismatches == 0);
    }
  }
}

TEST_CASE("Binary32 numbers at and beside every fp8 boundary and random ones convert exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const Fp8Format format : kFormats) {
    const std::vector<std::int64_t> values = magnitudes(format);
    const auto expected = [&](float x) -> Fp8Code {
      if (!std::isfinite(x)) return kFp8NanInfinity;
      int exponent = 0;
      const double fraction = std::frexp(std::fabs(static_cast<double>(x)), &exponent);
      const auto integer = static_cast<std::int64_t>(std::ldexp(fraction, 24));
      const BigInt value =
          exponent - 24 + 200 >= 0 ? scaled(BigInt(integer), exponent - 24 + 200) : BigInt(0);
      return with_sign(nearest(values, value), std::signbit(x));
    };
    std::vector<float> tried{0.0F,
                             -0.0F,
                             std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::max(),
                             std::numeric_limits<float>::denorm_min()};
    for (std::size_t code = 1; code < values.size(); ++code) {
      const auto midpoint = static_cast<float>(
          std::ldexp(static_cast<double>(values[code - 1] + values[code]), kUnit - 1));
      for (const float x :
           {midpoint, std::nextafter(midpoint, 0.0F), std::nextafter(midpoint, 1e30F)}) {
        tried.push_back(x);
        tried.push_back(-x);
      }
    }
    for (int i = 0; i < 4000; ++i) {
      auto bits = static_cast<std::uint32_t>(random());
      if (i % 4 != 0) bits = (bits & 0x807FFFFFU) | (127U - 20 + random() % 40) << 23;
      float x = 0;
      std::memcpy(&x, &bits, sizeof x);
      tried.push_back(x);
    }
    for (const float x : tried) {
      CAPTURE(static_cast<int>(format), x);
      REQUIRE(static_cast<int>(fp8_from_float(format, x)) == static_cast<int>(expected(x)));
    }
  }
}

TEST_CASE("The fp8 array conversions equal the scalar ones at every length and alignment") {
  std::mt19937_64 random(kSeed);
  for (const Fp8Format format : kFormats) {
    for (std::size_t count = 0; count < 70; ++count) {
      std::vector<Fp16Code> x(count + 1);
      std::vector<float> floats(count + 1);
      for (std::size_t i = 0; i <= count; ++i) {
        x[i] = static_cast<Fp16Code>(random());
        floats[i] = fp16_to_float(static_cast<Fp16Code>(random())) * 1.0009F;
      }
      std::vector<Fp8Code> codes(count + 1, 0x55);
      fp8_from_fp16s(format, x.data() + 1, count, 3, codes.data());
      std::vector<Fp8Code> from_floats(count + 1, 0x55);
      fp8_from_floats(format, floats.data() + 1, count, -2, from_floats.data());
      std::vector<Fp16Code> back(count + 1, 0x1234);
      fp8_to_fp16s(format, codes.data(), count, back.data());
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(codes[i] == fp8_from_fp16(format, x[i + 1], 3));
        REQUIRE(from_floats[i] == fp8_from_float(format, floats[i + 1], -2));
        REQUIRE(back[i] == fp8_to_fp16(format, codes[i]));
      }
      REQUIRE(codes[count] == 0x55);
      REQUIRE(from_floats[count] == 0x55);
      REQUIRE(back[count] == 0x1234);
    }
  }
}

}  // namespace
}  // namespace nibble::testing
