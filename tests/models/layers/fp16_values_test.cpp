#include "models/layers/fp16_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "hwy/highway.h"
#include "models/quantize/fp4_quantize.h"

namespace nibble {
namespace {

constexpr std::size_t kCodes = 65536;

std::vector<float> every_fp16_value() {
  std::vector<float> values(kCodes);
  for (std::size_t code = 0; code < kCodes; ++code) {
    values[code] = fp16_to_float(static_cast<Fp16Code>(code));
  }
  return values;
}

float from_bits(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

std::vector<Fp16Code> every_code() {
  std::vector<Fp16Code> codes(kCodes);
  for (std::size_t i = 0; i < kCodes; ++i) codes[i] = static_cast<Fp16Code>(i);
  return codes;
}

TEST_CASE("Rounding to an fp16 value agrees with the scalar conversion") {
  std::vector<float> inputs = every_fp16_value();
  inputs.push_back(std::numeric_limits<float>::infinity());
  inputs.push_back(-std::numeric_limits<float>::infinity());
  inputs.push_back(from_bits(0x7FFFFFFF));  // the NaN with the largest payload, and its negative
  inputs.push_back(from_bits(0xFFFFFFFF));
  for (std::uint32_t exponent = 0; exponent < 256; ++exponent) {
    for (const std::uint32_t mantissa : {0x0U, 0x1FFFU, 0x2000U, 0x2001U, 0x7FDFFFU, 0x7FE000U,
                                         0x7FFFFFU, 0x400000U, 0x4000U, 0x6000U}) {
      inputs.push_back(from_bits(exponent << 23 | mantissa));
      inputs.push_back(from_bits(0x80000000U | exponent << 23 | mantissa));
    }
  }
  const std::uint64_t seed = 11;
  std::mt19937 random(seed);
  for (int i = 0; i < 2000000; ++i) inputs.push_back(from_bits(random()));

  std::vector<float> rounded(inputs.size());
  std::transform(inputs.begin(), inputs.end(), rounded.begin(), fp16_rounded);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    wrong += same(rounded[i], fp16_to_float(fp16_from_float(inputs[i]))) ? 0 : 1;
  }
  INFO("seed " << seed);
  CHECK(wrong == 0);
}

TEST_CASE("Gradients quantise like the scalar quantiser, for every fp16 input and both phases") {
  const std::vector<Fp16Code> inputs = every_code();
  std::vector<NibbleCode> even(kCodes), odd(kCodes);
  for (const int gradscale :
       {-150, -40, -28, -27, -7, -1, 0, 1, 6, 17, 23, 24, 40, 127, 128, 150}) {
    const Fp16Code largest =
        fp4_quantize_codes(inputs.data(), kCodes, gradscale, even.data(), odd.data());
    CHECK(largest == kFp16NanInfinity);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kCodes; ++i) {
      const auto code = static_cast<Fp16Code>(i);
      wrong += even[i] == fp4_quantize(code, Fp4Phase::even, gradscale) ? 0 : 1;
      wrong += odd[i] == fp4_quantize(code, Fp4Phase::odd, gradscale) ? 0 : 1;
    }
    INFO("gradscale " << gradscale);
    CHECK(wrong == 0);
  }
}

TEST_CASE("Every instruction set quantises gradients of any number, and writes no more") {
  constexpr NibbleCode kUntouched = 0xAA;
  const std::vector<Fp16Code> inputs = every_code();
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    for (const int gradscale : {-40, 3, 40}) {
      for (const std::size_t count : {0, 1, 7, 31, 32, 33, 100}) {
        const Fp16Code* x = inputs.data() + 300 * count + 1;
        std::vector<NibbleCode> even(count + 1, kUntouched), odd = even;
        const Fp16Code largest = fp4_quantize_codes(x, count, gradscale, even.data(), odd.data());
        INFO(hwy::TargetName(target) << ", gradscale " << gradscale << ", count " << count);
        CHECK(largest == max_magnitude_code(x, count));
        for (std::size_t i = 0; i < count; ++i) {
          CHECK(even[i] == fp4_quantize(x[i], Fp4Phase::even, gradscale));
          CHECK(odd[i] == fp4_quantize(x[i], Fp4Phase::odd, gradscale));
        }
        CHECK(even[count] == kUntouched);
        CHECK(odd[count] == kUntouched);
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST_CASE("Scaling accumulators is one binary32 product and one rounding") {
  const std::vector<Fp16Code> accumulators = every_code();
  std::vector<Fp16Code> scaled_codes(kCodes);
  for (const float scale : {1.0F, 0.0123F, 3.7e-9F, 0x1p-24F}) {
    scale_codes(accumulators.data(), kCodes, scale, scaled_codes.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kCodes; ++i) {
      const float exact = fp16_to_float(accumulators[i]) * scale;
      wrong += scaled_codes[i] == fp16_from_float(exact) ? 0 : 1;
    }
    INFO("scale " << scale);
    CHECK(wrong == 0);
  }
}

TEST_CASE("The largest magnitude ignores signs and is NaN-infinity as soon as one value is") {
  const std::vector<Fp16Code> codes = {fp16_from_float(0.5F), fp16_from_float(-3.25F), 0x8000};
  CHECK(max_magnitude_code(codes.data(), codes.size()) == fp16_from_float(3.25F));
  CHECK(max_magnitude_code(codes.data(), 0) == 0);
  const std::vector<Fp16Code> broken = {kFp16LargestFinite, 0xFFFF, 0};
  CHECK(max_magnitude_code(broken.data(), broken.size()) == kFp16NanInfinity);
}

}  // namespace
}  // namespace nibble
