// Scale codes of the block-scaled formats against their formulas, and the conversion to e4m3
// against a search through all codes.
#include "models/formats/block_scaled.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

/// OCP's e4m3 by its formula; code 127 is not a number.
double e4m3_formula(int code) {
  const int e = code / 8, m = code % 8;
  return e == 0 ? std::ldexp(m, -9) : std::ldexp(8 + m, e - 10);
}

/// The nearest code, a tie to the even one.
int nearest_e4m3(double x) {
  int best = 0;
  for (int code = 1; code <= 126; ++code) {
    const double distance = std::fabs(e4m3_formula(code) - x);
    const double best_distance = std::fabs(e4m3_formula(best) - x);
    if (distance < best_distance || (distance == best_distance && code % 2 == 0)) best = code;
  }
  return best;
}

float float_from_bits(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace

TEST_CASE("Every block scale code has the value of its formula") {
  for (int code = 0; code < 255; ++code) {
    const auto scale = static_cast<std::uint8_t>(code);
    CHECK(static_cast<double>(e8m0_value(scale)) == std::ldexp(1.0, code - 127));
    CHECK(block_scale_value(BlockScaleFormat::e8m0, scale) == e8m0_value(scale));
    if (code >= 127) continue;
    CHECK(static_cast<double>(e4m3_value(scale)) == e4m3_formula(code));
    CHECK(block_scale_value(BlockScaleFormat::e4m3, scale) == e4m3_value(scale));
  }
  CHECK(std::isnan(e8m0_value(kE8m0Nan)));
  CHECK(std::isnan(e4m3_value(kE4m3Nan)));
  CHECK(e4m3_value(kE4m3Largest) == kE4m3LargestValue);
}

TEST_CASE("Block scales become the nearest e4m3 code, ties to even, too large the largest") {
  for (int code = 0; code <= 126; ++code) {
    const auto value = static_cast<float>(e4m3_formula(code));
    CHECK(e4m3_from_float(value) == code);
    if (code == 126) continue;
    const auto middle = static_cast<float>((e4m3_formula(code) + e4m3_formula(code + 1)) / 2);
    CHECK(e4m3_from_float(std::nextafter(middle, 0.0F)) == code);
    CHECK(e4m3_from_float(middle) == (code % 2 == 0 ? code : code + 1));
    CHECK(e4m3_from_float(std::nextafter(middle, INFINITY)) == code + 1);
  }
  for (const float x : {448.1F, 464.0F, 480.0F, 1e9F, std::numeric_limits<float>::max()}) {
    CHECK(e4m3_from_float(x) == kE4m3Largest);
  }
  CHECK(e4m3_from_float(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(e4m3_from_float(INFINITY) == kE4m3Nan);
  CHECK(e4m3_from_float(NAN) == kE4m3Nan);
}

TEST_CASE("Block scales of every exponent become the e4m3 code that a search finds") {
  int mismatches = 0;
  // Every 65,537th positive binary32 number: all exponents, mantissas of all kinds.
  for (std::uint32_t bits = 0; bits < 0x7F800000U; bits += 65537) {
    const float x = float_from_bits(bits);
    const int expected = nearest_e4m3(std::fmin(static_cast<double>(x), 448.0));
    mismatches += e4m3_from_float(x) != expected ? 1 : 0;
  }
  CHECK(mismatches == 0);
}

}  // namespace nibble::testing
