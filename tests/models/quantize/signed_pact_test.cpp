#include "models/quantize/signed_pact.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// NUMERICS section 3 in binary64, where the product and the sum with 1/2 are exact.
int level_of(Fp16Code x, Fp16Code reciprocal) {
  if (x == 0x7FFF || x == 0xFFFF) return x == 0x7FFF ? 7 : -7;
  const double product =
      static_cast<double>(fp16_to_float(x)) * static_cast<double>(fp16_to_float(reciprocal));
  const double level = std::floor(product + 0.5);
  return level > 7 ? 7 : level < -7 ? -7 : static_cast<int>(level);
}

std::vector<Fp16Code> all_codes() {
  std::vector<Fp16Code> codes(65536);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<Fp16Code>(i);
  return codes;
}

TEST_CASE("Signed PACT's code of every fp16 number is the clamped floor of x*r + 1/2") {
  const std::vector<Fp16Code> x = all_codes();
  std::vector<NibbleCode> codes(x.size());
  for (const float alpha : {0.1F, 0.7F, 1.0F, 3.0F, 5.5F, 1000.0F}) {
    const Fp16Code reciprocal = signed_pact_reciprocal(alpha);
    signed_pact_quantize(x.data(), x.size(), reciprocal, codes.data());
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const int wanted = level_of(x[i], reciprocal);
      wrong += s4_value(codes[i]) != wanted ||
               s4_value(signed_pact_quantize(x[i], reciprocal)) != wanted;
    }
    INFO("alpha " << alpha);
    CHECK(wrong == 0);
    CHECK(s4_value(signed_pact_quantize(fp16_from_float(alpha), reciprocal)) == 7);
    CHECK(s4_value(signed_pact_quantize(fp16_from_float(-alpha), reciprocal)) == -7);
  }
}

TEST_CASE("Signed PACT of an array is that of its elements, whatever the reciprocal") {
  const std::vector<Fp16Code> x = all_codes();
  std::vector<NibbleCode> codes(x.size());
  for (const Fp16Code reciprocal :
       {0x0000, 0x8000, 0x7FFF, 0xFFFF, 0x0001, 0x7FFE, 0xFFFE, 0x3E00, 0xBE00, 0x4123, 0xC0FF}) {
    signed_pact_quantize(x.data(), x.size(), reciprocal, codes.data());
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong += codes[i] != signed_pact_quantize(x[i], reciprocal);
    }
    INFO("reciprocal " << reciprocal);
    CHECK(wrong == 0);
  }
}

TEST_CASE("Signed PACT needs an alpha above zero") {
  CHECK(signed_pact_reciprocal(1.0F) == fp16_from_float(7));
  for (const float alpha : {0.0F, -1.0F, HUGE_VALF, std::nanf("")}) {
    CHECK_THROWS_AS(signed_pact_reciprocal(alpha), std::invalid_argument);
  }
}

}  // namespace
}  // namespace nibble
