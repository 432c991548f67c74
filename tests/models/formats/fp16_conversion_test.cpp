// fp16 conversions against exact integers: exhaustive for decoding, for every binary32 number and
// for every chunk sum; directed at all rounding boundaries, then random, for 64-bit inputs.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/formats/fp16.h"
#include "tests/models/formats/exact_fp16.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260101;

float float_of_bits(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

std::uint32_t bits_of_float(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// A finite binary64 number as an exact integer times 2^-1200.
BigInt exact_double(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  const auto integer = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  return scaled(BigInt(integer), exponent - 53 + 1200);
}

Fp16Code exact_from_double(double x) {
  static const NearestFp16<BigInt> nearest(-1200);
  return nearest(exact_double(x));
}

/// How many of the bit patterns begin .. end-1, with either sign, do not convert to `code`.
std::uint64_t float_mismatches(std::uint64_t begin, std::uint64_t end, Fp16Code code) {
  const std::uint32_t negative = code == 0 || code == 0x7FFF ? code : code | 0x8000U;
  std::uint64_t mismatches = 0;
  for (std::uint64_t bits = begin; bits < end; ++bits) {
    const auto positive_bits = static_cast<std::uint32_t>(bits);
    mismatches += fp16_from_float(float_of_bits(positive_bits)) != code ? 1 : 0;
    mismatches += fp16_from_float(float_of_bits(positive_bits | 0x80000000U)) != negative ? 1 : 0;
  }
  return mismatches;
}

TEST_CASE("All 65536 codes decode to their defined value and encode back to themselves") {
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const auto code = static_cast<Fp16Code>(i);
    const float value = fp16_to_float(code);
    const bool negative = code >= 0x8000;
    REQUIRE(std::signbit(value) == negative);
    if ((code & 0x7FFF) == 0x7FFF) {
      REQUIRE((bits_of_float(value) & 0x7FFFFFFF) == 0x7FC00000);  // a quiet NaN
      REQUIRE(fp16_from_float(value) == 0x7FFF);
      continue;
    }
    const double magnitude =
        (code & 0x7FFF) == 0 ? 0.0 : std::ldexp(512 + (code & 511), ((code >> 9) & 63) - 40);
    REQUIRE(static_cast<double>(value) == (negative ? -magnitude : magnitude));
    const Fp16Code canonical = (code & 0x7FFF) == 0 ? 0 : code;
    REQUIRE(fp16_from_float(value) == canonical);
    REQUIRE(fp16_from_double(value) == canonical);
  }
}

TEST_CASE("The named constants are the values of NUMERICS") {
  CHECK(fp16_to_float(kFp16LargestFinite) == 8573157376.0F);
  CHECK(fp16_to_float(kFp16SmallestPositive) == std::ldexp(1.0F + 1.0F / 512, -31));
  CHECK(fp16_from_float(1.0F) == 31 * 512);
  CHECK(fp16_is_nan_infinity(0x7FFF));
  CHECK(fp16_is_nan_infinity(0xFFFF));
}

TEST_CASE("Every binary32 number rounds to the nearest fp16 code") {
  // Between two neighbouring midpoints all numbers have the same nearest magnitude, and every
  // midpoint is a binary32 number, so the whole domain splits into runs of bit patterns.
  const NearestFp16<Int128> nearest(-44);
  const std::vector<Int128>& midpoints = nearest.lower_midpoints();
  std::uint64_t begin = 0;
  std::uint64_t mismatches = 0;
  Fp16Code code = 0;
  for (const Int128 midpoint : midpoints) {
    const auto value = std::ldexp(static_cast<double>(midpoint), -44);
    REQUIRE(static_cast<double>(static_cast<float>(value)) == value);
    const std::uint64_t end = bits_of_float(static_cast<float>(value));
    REQUIRE(begin < end);
    mismatches += float_mismatches(begin, end, code);
    begin = end;
    code = nearest(midpoint);
  }
  REQUIRE(code == 0x7FFF);
  mismatches += float_mismatches(begin, 0x80000000U, code);  // up to infinity and all NaNs
  CHECK(mismatches == 0);
}

TEST_CASE("The array conversions equal the scalar ones at every length and alignment") {
  std::mt19937_64 random(kSeed);
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<float> x(count + 1);
    for (float& v : x) v = float_of_bits(static_cast<std::uint32_t>(random()));
    std::vector<Fp16Code> codes(count + 1, 0x1234);
    fp16_from_floats(x.data() + 1, count, codes.data());
    std::vector<float> back(count + 1, -1.0F);
    fp16_to_floats(codes.data(), count, back.data());
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(codes[i] == fp16_from_float(x[i + 1]));
      REQUIRE(bits_of_float(back[i]) == bits_of_float(fp16_to_float(codes[i])));
    }
    REQUIRE(codes[count] == 0x1234);
    REQUIRE(back[count] == -1.0F);
  }
}

TEST_CASE("Binary64 numbers at and beside every rounding boundary round exactly") {
  const NearestFp16<Int128> nearest(-44);
  const std::vector<Int128>& midpoints = nearest.lower_midpoints();
  for (std::size_t i = 0; i < midpoints.size(); ++i) {
    const double midpoint = std::ldexp(static_cast<double>(midpoints[i]), -44);
    const Fp16Code code = nearest(midpoints[i]);
    const Fp16Code below = i == 0 ? 0 : nearest(midpoints[i - 1]);
    REQUIRE(fp16_from_double(midpoint) == code);
    REQUIRE(fp16_from_double(std::nextafter(midpoint, 1e300)) == code);
    REQUIRE(fp16_from_double(std::nextafter(midpoint, 0)) == below);
    const bool special = code == 0 || code == 0x7FFF;
    REQUIRE(fp16_from_double(-midpoint) == (special ? code : code | 0x8000));
  }
}

TEST_CASE("Binary64 extremes are zero or NaN-infinity") {
  using Limits = std::numeric_limits<double>;
  for (const double sign : {1.0, -1.0}) {
    CHECK(fp16_from_double(sign * Limits::infinity()) == 0x7FFF);
    CHECK(fp16_from_double(std::copysign(Limits::quiet_NaN(), sign)) == 0x7FFF);
    CHECK(fp16_from_double(std::copysign(Limits::signaling_NaN(), sign)) == 0x7FFF);
    CHECK(fp16_from_double(sign * Limits::max()) == 0x7FFF);
    CHECK(fp16_from_double(sign * Limits::min()) == 0);
    CHECK(fp16_from_double(sign * Limits::denorm_min()) == 0);
    CHECK(fp16_from_double(sign * 0.0) == 0);
  }
}

TEST_CASE("Random binary64 numbers round exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 200'000; ++i) {
    std::uint64_t bits = random();
    if (i % 4 != 0) {  // mostly inside fp16's range
      bits = (bits & 0x800FFFFFFFFFFFFFULL) | (1023 - 34 + random() % 69) << 52;
    }
    double x = 0;
    std::memcpy(&x, &bits, sizeof x);
    if (!std::isfinite(x)) continue;
    INFO("x = " << x);
    REQUIRE(fp16_from_double(x) == exact_from_double(x));
  }
}

TEST_CASE("The chunk rounder is exact on every sum below 2^22 in every phase") {
  const NearestFp16<Int128> nearest(-44);
  constexpr std::int64_t kLimit = std::int64_t{1} << 22;
  for (const int exponent : {0, -6, -7}) {
    std::uint64_t mismatches = 0;
    for (std::int64_t sum = -kLimit; sum <= kLimit; ++sum) {
      const Fp16Code expected = nearest(scaled(Int128(sum), exponent + 44));
      mismatches += fp16_from_scaled_integer(sum, exponent) != expected ? 1 : 0;
    }
    INFO("u = " << exponent);
    CHECK(mismatches == 0);
  }
}

TEST_CASE("Scaled integers at the ends of 64 bits and of the exponent round exactly") {
  std::vector<std::int64_t> values{0, 1, -1, std::numeric_limits<std::int64_t>::min()};
  for (int bit = 0; bit < 63; ++bit) {
    for (const int delta : {-1, 0, 1}) values.push_back((std::int64_t{1} << bit) + delta);
    // 10 kept bits, then exactly half, and its neighbours
    if (bit < 11) continue;
    const std::int64_t half = (std::int64_t{2047} << (bit - 10));
    for (const int delta : {-1, 0, 1}) values.push_back(half + delta);
  }
  values.push_back(std::numeric_limits<std::int64_t>::max());
  constexpr int kLargest = std::numeric_limits<int>::max();
  constexpr int kSmallest = std::numeric_limits<int>::min();
  std::vector<int> exponents{kSmallest, kSmallest + 1, -1000, 1000, kLargest - 1, kLargest};
  for (int exponent = -110; exponent <= 40; ++exponent) exponents.push_back(exponent);
  for (const std::int64_t value : values) {
    for (const int exponent : exponents) {
      INFO("value " << value << " exponent " << exponent);
      REQUIRE(fp16_from_scaled_integer(value, exponent) == exact_scaled_integer(value, exponent));
      if (value == std::numeric_limits<std::int64_t>::min()) continue;
      REQUIRE(fp16_from_scaled_integer(-value, exponent) == exact_scaled_integer(-value, exponent));
    }
  }
}

TEST_CASE("Random scaled integers of every width round exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 200'000; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
    const int exponent = static_cast<int>(random() % 140) - 100;
    INFO("value " << value << " exponent " << exponent);
    REQUIRE(fp16_from_scaled_integer(value, exponent) == exact_scaled_integer(value, exponent));
  }
}

}  // namespace
}  // namespace nibble::testing
