// SAWB: the scale against long double sums, the codes against exact thresholds.
#include "models/quantize/sawb.h"

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

constexpr std::uint64_t kSeed = 20260104;

/// clamp(floor(p + 1/2), -7, 7) of the binary32 product p: how many of -13/2 .. 13/2 it reaches.
int expected_code(float weight, Fp16Code reciprocal) {
  // 24 + 10 bits: the binary64 product is exact, so the cast is the one rounding of binary32.
  const double exact = static_cast<double>(weight) * static_cast<double>(fp16_to_float(reciprocal));
  const auto product = static_cast<float>(exact);
  int code = -7;
  for (int step = -6; step <= 7; ++step) {
    if (static_cast<double>(product) >= step - 0.5) ++code;
  }
  return code;
}

std::vector<float> random_weights(std::mt19937_64& random, std::size_t count, float sigma) {
  std::normal_distribution<float> normal(0, sigma);
  std::vector<float> weights(count);
  for (float& w : weights) w = normal(random);
  return weights;
}

TEST_CASE("The SAWB scale agrees with long double statistics to half a binary32 place") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const std::size_t count : {2, 9, 144, 4608, 36864}) {
    for (const float sigma : {1e-3F, 0.05F, 1.0F, 300.0F}) {
      const std::vector<float> weights = random_weights(random, count, sigma);
      long double squares = 0;
      long double magnitudes = 0;
      for (const float w : weights) {
        squares += static_cast<long double>(w) * w;
        magnitudes += std::abs(static_cast<long double>(w));
      }
      const long double mean = magnitudes / static_cast<long double>(count);
      const long double root = std::sqrt(squares / static_cast<long double>(count));
      // The coefficients are the binary32 numbers nearest to 12.035 and -12.03.
      const long double alpha = 12.035F * root - 12.03F * mean;
      const SawbScale scale = sawb_scale(weights.data(), count);
      CAPTURE(count, sigma);
      if (alpha < mean) {
        float largest = 0;
        for (const float w : weights) largest = std::max(largest, std::abs(w));
        REQUIRE(scale.alpha == largest);
      } else {
        const long double error = std::abs(static_cast<long double>(scale.alpha) - alpha);
        REQUIRE(error <= alpha * std::ldexp(1.0L, -24) * 1.000001L);
      }
    }
  }
}

TEST_CASE("Weights of nearly one magnitude take the largest as their scale") {
  const std::vector<float> equal(100, -0.25F);
  CHECK(sawb_scale(equal.data(), equal.size()).alpha == 0.25F);
  std::vector<float> nearly(100, 0.25F);
  nearly[17] = -0.26F;
  CHECK(sawb_scale(nearly.data(), nearly.size()).alpha == 0.26F);
  const SawbScale scale = sawb_scale(equal.data(), equal.size());
  CHECK(scale.reciprocal == fp16_from_float(28.0F));
  CHECK(sawb_quantize(-0.25F, scale.reciprocal) == s4_code(-7));
}

TEST_CASE("Other SAWB coefficients are obeyed") {
  const std::vector<float> weights{1.0F, -1.0F, 3.0F, 0.0F};
  SawbCoefficients coefficients;
  coefficients.c1 = 4.0F;
  coefficients.c2 = -2.0F;
  // E[w^2] = 11/4, E|w| = 5/4
  const double alpha = 4 * std::sqrt(2.75) - 2.5;
  CHECK(sawb_scale(weights.data(), 4, coefficients).alpha == static_cast<float>(alpha));
}

TEST_CASE("An all-zero or empty tensor has no SAWB scale and only zero codes") {
  const std::vector<float> zeros{0.0F, -0.0F, 0.0F};
  for (const std::size_t count : {std::size_t{3}, std::size_t{0}}) {
    const SawbScale scale = sawb_scale(zeros.data(), count);
    CHECK(scale.alpha == 0);
    CHECK(scale.reciprocal == 0);
  }
  CHECK(sawb_quantize(0.5F, 0) == 0);
}

TEST_CASE("A NaN or infinite weight shows in the SAWB scale") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> weights{1.0F, bad};
    const SawbScale scale = sawb_scale(weights.data(), 2);
    CHECK(std::isnan(scale.alpha));
    CHECK(scale.reciprocal == 0x7FFF);
  }
}

TEST_CASE("The SAWB reciprocal is 7 / alpha rounded once") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    const std::vector<float> weights = random_weights(random, 8, 1.0F);
    const SawbScale scale = sawb_scale(weights.data(), weights.size());
    const Int256 alpha(static_cast<std::int64_t>(std::ldexp(static_cast<double>(scale.alpha), 40)));
    REQUIRE(std::ldexp(alpha.convert_to<double>(), -40) == static_cast<double>(scale.alpha));
    const Fp16Code r = scale.reciprocal;
    const Int256 value = exact_value<Int256>(r, -44);
    const Int256 low = value + exact_value<Int256>(static_cast<Fp16Code>(r - 1), -44);
    const Int256 high = value + exact_value<Int256>(static_cast<Fp16Code>(r + 1), -44);
    const Int256 target = Int256(7) << 85;  // times 2^(40 + 44 + 1)
    REQUIRE(low * alpha <= target);
    REQUIRE(target < high * alpha);
  }
}

TEST_CASE("SAWB codes around every step are exact for every reciprocal mantissa") {
  int mismatches = 0;
  for (int mantissa = 0; mantissa < 512; ++mantissa) {
    for (const int exponent : {20, 31, 36}) {
      const auto reciprocal = static_cast<Fp16Code>(exponent << 9 | mantissa);
      for (int step = -8; step <= 8; ++step) {
        auto weight = static_cast<float>((step - 0.5) / fp16_to_float(reciprocal));
        for (int i = 0; i < 4; ++i) weight = std::nextafter(weight, -1e30F);
        for (int i = 0; i < 9; ++i, weight = std::nextafter(weight, 1e30F)) {
          const int code = s4_value(sawb_quantize(weight, reciprocal));
          mismatches += code != expected_code(weight, reciprocal) ? 1 : 0;
        }
      }
    }
  }
  CHECK(mismatches == 0);
}

TEST_CASE("The number just below one half is not lifted to code 1 by adding one half") {
  const Fp16Code one = fp16_from_float(1.0F);
  CHECK(sawb_quantize(std::nextafter(0.5F, 0.0F), one) == 0);
  CHECK(sawb_quantize(0.5F, one) == 1);
  CHECK(sawb_quantize(-0.5F, one) == 0);
  CHECK(sawb_quantize(std::nextafter(-0.5F, -1.0F), one) == s4_code(-1));
}

TEST_CASE("Random bit patterns as weights give exact SAWB codes, specials saturate") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const std::vector<Fp16Code> reciprocals{0,      1,      0x3E00, 0x4123, 0x7FFE,
                                          0x7FFF, 0x8000, 0xBE00, 0xFFFF, 0x5ABC};
  for (int i = 0; i < 1'000'000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    float weight = 0;
    std::memcpy(&weight, &bits, sizeof weight);
    const Fp16Code r = reciprocals[static_cast<std::size_t>(i) % reciprocals.size()];
    const float product = weight * fp16_to_float(r);
    int expected = 0;
    if (weight == 0) {
      expected = 0;
    } else if (std::isnan(product)) {
      expected = std::signbit(weight) == (r >= 0x8000) ? 7 : -7;
    } else {
      expected = expected_code(weight, r);
    }
    if (s4_value(sawb_quantize(weight, r)) == expected) continue;
    CAPTURE(weight, r);
    REQUIRE(s4_value(sawb_quantize(weight, r)) == expected);
  }
}

TEST_CASE("SAWB codes of an array equal those one by one") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::vector<float> weights{0.0F, -0.0F, 0.5F, -0.5F, 6.5F, -6.5F, 7.5F, -7.5F, INFINITY, NAN};
  for (int i = 0; i < 5000; ++i) {
    auto bits = static_cast<std::uint32_t>(random());
    if (i % 3 != 0) bits = (bits & 0x80FFFFFFU) | 0x3F000000U;
    float weight = 0;
    std::memcpy(&weight, &bits, sizeof weight);
    weights.push_back(weight);
    weights.push_back(static_cast<float>(static_cast<int>(random() % 41) - 20) / 2);
  }
  std::vector<NibbleCode> codes(weights.size() + 1);
  for (const int reciprocal : {0x0000, 0x8000, 0x3E00, 0xBE00, 0x4123, 0x7FFE, 0x7FFF, 0xFFFF}) {
    const auto r = static_cast<Fp16Code>(reciprocal);
    codes.assign(codes.size(), 0x55);
    sawb_quantize(weights.data(), weights.size(), r, codes.data());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      CAPTURE(weights[i], reciprocal);
      REQUIRE(s4_value(codes[i]) == s4_value(sawb_quantize(weights[i], r)));
    }
    REQUIRE(codes.back() == 0x55);
  }
}

}  // namespace
}  // namespace nibble::testing
