// PACT on all 65,536 fp16 inputs times many reciprocals, in exact integers, and its reciprocal
// against the exact quotient.
#include "models/quantize/pact.h"

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/models/formats/exact_fp16.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260103;

/// min(15, floor(x*r + 1/2)) is how many of 1/2, 3/2 .. 29/2 the product reaches.
NibbleCode expected_code(Fp16Code x, Fp16Code reciprocal) {
  if (x == 0 || x >= 0x8000) return 0;
  if (x == 0x7FFF) return 15;
  if ((reciprocal & 0x7FFF) == 0x7FFF) return reciprocal < 0x8000 ? 15 : 0;
  if (reciprocal == 0 || reciprocal >= 0x8000) return 0;
  // x * r = (512 + m)(512 + m') * 2^(e + e' - 80), compared with (2j - 1) * 2^-1.
  const std::int64_t product = std::int64_t{512 + (x & 511)} * (512 + (reciprocal & 511));
  const int exponent = (x >> 9) + (reciprocal >> 9) - 80 + 1;
  NibbleCode code = 0;
  for (std::int64_t odd = 1; odd <= 29; odd += 2) {
    const bool reached = exponent >= 0 ? Int128(product) << exponent >= odd
                                       : Int128(product) >= Int128(odd) << -exponent;
    if (reached) ++code;
  }
  return code;
}

std::vector<Fp16Code> reciprocals() {
  std::vector<Fp16Code> codes{0x0000, 0x8000, 0x7FFF, 0xFFFF, 0x0001, 0x8001,
                              0x7FFE, 0xFFFE, 0x0200, 0x7E00, 0xBE00};
  for (const float alpha :
       {0.001F, 0.1F, 0.5F, 1.0F, 1.875F, 3.0F, 6.0F, 8.0F, 10.0F, 15.0F, 30.0F, 1e4F, 1e9F}) {
    codes.push_back(pact_reciprocal(alpha));
  }
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 100; ++i) codes.push_back(static_cast<Fp16Code>(random()));
  for (int i = 0; i < 100; ++i) codes.push_back(static_cast<Fp16Code>(28 * 512 + random() % 5120));
  return codes;
}

TEST_CASE("PACT codes of all fp16 inputs are exact for ordinary and special reciprocals") {
  for (const Fp16Code reciprocal : reciprocals()) {
    int mismatches = 0;
    for (std::uint32_t i = 0; i < 0x10000; ++i) {
      const auto x = static_cast<Fp16Code>(i);
      mismatches += pact_quantize(x, reciprocal) != expected_code(x, reciprocal) ? 1 : 0;
    }
    CAPTURE(reciprocal);
    REQUIRE(mismatches == 0);
  }
}

TEST_CASE("Every significand pair just below and at a half step gives the right PACT code") {
  // For each reciprocal mantissa the inputs on both sides of every step, wherever they are.
  int mismatches = 0;
  for (int mantissa = 0; mantissa < 512; ++mantissa) {
    const auto reciprocal = static_cast<Fp16Code>(31 << 9 | mantissa);
    for (int step = 0; step < 16; ++step) {
      const Fp16Code near = fp16_from_double((step + 0.5) / fp16_to_float(reciprocal));
      for (int x = near - 2; x <= near + 2; ++x) {
        const auto code = static_cast<Fp16Code>(x);
        mismatches += pact_quantize(code, reciprocal) != expected_code(code, reciprocal) ? 1 : 0;
      }
    }
  }
  CHECK(mismatches == 0);
}

/// Whether `code` is fp16(numerator / alpha): alpha times the midpoints beside it encloses the
/// numerator. All three are exact in 128 bits for alpha in [2^-20, 2^20].
bool is_rounded_quotient(Fp16Code code, int numerator, float alpha) {
  const auto alpha_integer = static_cast<Int128>(std::ldexp(static_cast<double>(alpha), 44));
  const auto value = exact_value<Int128>(code, -44);
  const auto previous = exact_value<Int128>(static_cast<Fp16Code>(code - 1), -44);
  const auto next = exact_value<Int128>(static_cast<Fp16Code>(code + 1), -44);
  const Int128 target = Int128(numerator) << 44;
  // midpoint * alpha <= numerator, both sides times 2^(44 + 44 + 1), split to stay in range
  const Int256 low = Int256(value + previous) * Int256(alpha_integer);
  const Int256 high = Int256(value + next) * Int256(alpha_integer);
  const Int256 wide_target = Int256(target) << 45;
  return low <= wide_target && wide_target < high;
}

TEST_CASE("The PACT reciprocal is 15 / alpha rounded once") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<float> exponent(-20, 20);
  for (int i = 0; i < 100'000; ++i) {
    const float alpha = std::exp2(exponent(random));
    CAPTURE(alpha);
    REQUIRE(is_rounded_quotient(pact_reciprocal(alpha), 15, alpha));
  }
  CHECK(pact_reciprocal(15.0F) == 0x3E00);
  CHECK(pact_reciprocal(1e-30F) == 0x7FFF);
  CHECK(pact_reciprocal(1e30F) == 0);
}

TEST_CASE("PACT codes of an array equal those one by one, for special reciprocals too") {
  std::vector<Fp16Code> all(0x10000);
  for (std::uint32_t i = 0; i < 0x10000; ++i) all[i] = static_cast<Fp16Code>(i * 40503U);
  std::vector<NibbleCode> codes(all.size() + 1, 0x55);
  for (const int reciprocal :
       {0x0000, 0x8000, 0x0001, 0x3E00, 0xBE00, 0x4123, 0x5ABC, 0x7FFE, 0xFFFE, 0x7FFF, 0xFFFF}) {
    const auto r = static_cast<Fp16Code>(reciprocal);
    pact_quantize(all.data() + 1, all.size() - 1, r, codes.data());
    int mismatches = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
      mismatches += codes[i - 1] != pact_quantize(all[i], r) ? 1 : 0;
    }
    CAPTURE(reciprocal);
    REQUIRE(mismatches == 0);
    REQUIRE(codes[all.size() - 1] == 0x55);
  }
}

TEST_CASE("PACT refuses an alpha that is not positive and finite") {
  using Limits = std::numeric_limits<float>;
  for (const float alpha : {0.0F, -1.0F, Limits::infinity(), Limits::quiet_NaN()}) {
    CHECK_THROWS_AS(pact_reciprocal(alpha), std::invalid_argument);
  }
}

}  // namespace
}  // namespace nibble::testing
