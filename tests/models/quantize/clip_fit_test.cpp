#include "models/quantize/clip_fit.h"

#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// Sum of squared errors, element by element in the order of x.
double squared_error(const std::vector<Fp16Code>& x, double alpha, ClipCodes codes) {
  double sum = 0;
  for (const Fp16Code code : x) {
    if (fp16_is_nan_infinity(code)) continue;
    const double value = fp16_to_float(code);
    const double step = alpha / (codes == ClipCodes::u4 ? 15 : 7);
    double nearest = std::floor(std::fabs(value) / step + 0.5) * step;
    nearest = std::min(nearest, alpha);
    if (value < 0) {
      if (codes == ClipCodes::u4) continue;
      nearest = -nearest;
    }
    sum += (value - nearest) * (value - nearest);
  }
  return sum;
}

double largest_of(const std::vector<Fp16Code>& x, ClipCodes codes) {
  double largest = 0;
  for (const Fp16Code code : x) {
    if (fp16_is_nan_infinity(code)) continue;
    const double value = fp16_to_float(code);
    largest = std::max(largest, codes == ClipCodes::s4 ? std::fabs(value) : value);
  }
  return largest;
}

TEST_CASE("A fitted alpha has the least squared error of all candidates") {
  const unsigned seed = 20261122;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 40; ++round) {
    const ClipCodes codes = round % 2 == 0 ? ClipCodes::u4 : ClipCodes::s4;
    std::vector<Fp16Code> x(1 + random() % 3000);
    const float tail =
        static_cast<float>(round) / 8;  // the later, the rarer and larger the largest
    for (Fp16Code& code : x) {
      const float value = normal(random);
      code = fp16_from_float(value * std::exp(tail * std::fabs(value)) * 0.01F);
    }
    const double largest = largest_of(x, codes);
    const float alpha = fitted_alpha(x.data(), x.size(), codes);
    if (largest == 0) {
      CHECK(alpha == 0);
      continue;
    }
    const double place = -4 * std::log2(alpha / largest);  // which candidate it is
    CHECK(place == Approx(std::round(place)).margin(1e-5));
    CHECK(place > -0.5);
    CHECK(place < 40.5);
    const double error = squared_error(x, largest * std::exp2(-std::round(place) / 4), codes);
    for (int i = 0; i <= 40; ++i) {
      CHECK(error <= squared_error(x, largest * std::exp2(-i / 4.0), codes) * (1 + 1e-12));
    }
  }
}

TEST_CASE("A fitted alpha is smaller than the largest value where that stands alone") {
  std::vector<Fp16Code> x(10000, fp16_from_float(1.0F));
  x.push_back(fp16_from_float(8.0F));
  for (const ClipCodes codes : {ClipCodes::u4, ClipCodes::s4}) {
    CHECK(fitted_alpha(x.data(), x.size(), codes) < 8);
    CHECK(fitted_alpha(x.data(), x.size(), codes) >= 1);
  }
}

TEST_CASE("Values that the codes cannot hold have no part in a fitted alpha") {
  const Fp16Code half = fp16_from_float(0.5F), minus_two = fp16_from_float(-2.0F);
  const std::vector<Fp16Code> x = {half, minus_two, kFp16NanInfinity, 0xFFFF, 0, 0x8000};
  CHECK(fitted_alpha(x.data(), x.size(), ClipCodes::u4) == 0.5F);
  CHECK(fitted_alpha(x.data(), x.size(), ClipCodes::s4) == 2.0F);
  const std::vector<Fp16Code> nothing = {minus_two, kFp16NanInfinity, 0, 0x8000};
  CHECK(fitted_alpha(nothing.data(), nothing.size(), ClipCodes::u4) == 0);
  CHECK(fitted_alpha(nothing.data(), 0, ClipCodes::s4) == 0);
}

}  // namespace
}  // namespace nibble
