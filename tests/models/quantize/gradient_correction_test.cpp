#include "models/quantize/gradient_correction.h"

#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/quantize/gradient_quantize.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 4711;
constexpr GradientGrid kEven = GradientGrid::radix4_even;

std::vector<NibbleCode> nearest(const std::vector<Fp16Code>& x, float factor) {
  std::vector<NibbleCode> codes(x.size());
  gradient_quantize(kEven, GradientRounding::nearest, x.data(), x.size(), factor, {}, codes.data());
  return codes;
}

float corrected(GradientCorrection correction, const std::vector<Fp16Code>& x, float factor) {
  return gradient_correction(correction, kEven, x.data(), x.size(), factor,
                             nearest(x, factor).data());
}

TEST_CASE("A correction is the quotient of exact and quantised sums") {
  // 3 becomes 4 and -0.5 becomes -0.25.
  const std::vector<Fp16Code> x = {fp16_from_float(3.0F), fp16_from_float(-0.5F)};
  CHECK(corrected(GradientCorrection::none, x, 1) == 1.0F);
  CHECK(corrected(GradientCorrection::magnitude, x, 1) == 3.5F / 4.25F);
  CHECK(corrected(GradientCorrection::projection, x, 1) == 9.25F / 12.125F);
}

TEST_CASE("What has no sound quotient is not corrected") {
  for (const auto how : {GradientCorrection::magnitude, GradientCorrection::projection}) {
    CHECK(corrected(how, {}, 1) == 1.0F);
    CHECK(corrected(how, {0, 0}, 1) == 1.0F);
    CHECK(corrected(how, {fp16_from_float(0x1p-12F)}, 1) == 1.0F);  // all codes are zero
    CHECK(corrected(how, {fp16_from_float(1.0F), kFp16NanInfinity}, 1) == 1.0F);
  }
}

TEST_CASE("Corrected, a quantised gradient has the length of the exact one") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::normal_distribution<float> normal(0, 0.01F);
  std::vector<Fp16Code> x(5003);
  for (Fp16Code& code : x) code = fp16_from_float(normal(random));
  const float factor = 512;
  const std::vector<NibbleCode> codes = nearest(x, factor);
  long double exact = 0, found = 0, along = 0, square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double y = static_cast<long double>(fp16_to_float(x[i])) * 512;
    const long double q = std::ldexp(static_cast<long double>(gradient_units(kEven, codes[i])), -6);
    exact += std::fabs(y), found += std::fabs(q), along += y * q, square += y * y;
  }
  const auto magnitude = corrected(GradientCorrection::magnitude, x, factor);
  const auto projection = corrected(GradientCorrection::projection, x, factor);
  CHECK(std::fabs(static_cast<long double>(magnitude) * found / exact - 1) < 1e-7L);
  CHECK(std::fabs(static_cast<long double>(projection) * along / square - 1) < 1e-7L);
  CHECK(magnitude != projection);
}

}  // namespace
}  // namespace nibble
