// What the operands promise about the sums of an FP16 GEMM, at the edge of each promise, and the
// rounding mode that the kernels count on.
#include "models/gemm/fp16_sum_range.h"

#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/binary32_mode.h"

namespace nibble {
namespace {

constexpr int kBias = kFp16Bias, kBits = kFp16MantissaBits;

/// 2^exponent * (1 + mantissa/512).
Fp16Code code(int exponent, int mantissa = 0, bool negative = false) {
  return static_cast<Fp16Code>((negative ? 0x8000 : 0) | (exponent + kBias) << kBits | mantissa);
}

Fp16SumRange range(std::int64_t k, const std::vector<Fp16Code>& a, const std::vector<Fp16Code>& b) {
  return fp16_sum_range(k, fp16_extent(a.data(), static_cast<std::int64_t>(a.size())),
                        fp16_extent(b.data(), static_cast<std::int64_t>(b.size())));
}

TEST_CASE("An overflow is ruled out up to 8 k |a| |b| of exactly 2^32, and not one step above") {
  // 8 * 64 * 2^20 * 2^3 = 2^32.
  CHECK(range(64, {code(20)}, {code(3)}) == Fp16SumRange::no_limits_reached);
  CHECK(range(64, {0, code(-3), code(20, 0, true)}, {code(3), 0}) ==
        Fp16SumRange::no_limits_reached);
  CHECK(range(64, {code(20, 1)}, {code(3)}) == Fp16SumRange::any);
  CHECK(range(64, {code(20)}, {code(3, 1, true)}) == Fp16SumRange::any);
  CHECK(range(65, {code(20)}, {code(3)}) == Fp16SumRange::any);
}

TEST_CASE("A flush to zero is ruled out if the operands' units multiply to 2^-30, not to 2^-31") {
  // A power of two is its own unit; a last mantissa bit makes it 2^9 smaller.
  CHECK(range(4, {code(-15)}, {code(-15)}) == Fp16SumRange::no_limits_reached);
  CHECK(range(4, {code(-15)}, {code(-16)}) == Fp16SumRange::no_overflow);
  CHECK(range(4, {code(-6, 1)}, {code(-15)}) == Fp16SumRange::no_limits_reached);
  CHECK(range(4, {code(-7, 1)}, {code(-15)}) == Fp16SumRange::no_overflow);
  CHECK(range(4, {code(-15)}, {code(-14, 256)}) == Fp16SumRange::no_limits_reached);
  CHECK(range(4, {code(-15)}, {code(-15, 256)}) == Fp16SumRange::no_overflow);
  // The smallest value and the lowest mantissa bit may belong to different elements.
  CHECK(range(4, {code(-6), code(3, 1)}, {code(-15)}) == Fp16SumRange::no_limits_reached);
  CHECK(range(4, {code(-7), code(3, 1)}, {code(-15)}) == Fp16SumRange::no_overflow);
}

TEST_CASE("NaN-infinity of either sign in either operand rules nothing out") {
  for (const int sign : {0, 0x8000}) {
    const auto nan = static_cast<Fp16Code>(kFp16NanInfinity | sign);
    CHECK(range(1, {0, nan}, {0}) == Fp16SumRange::any);
    CHECK(range(1, {0}, {code(0), nan}) == Fp16SumRange::any);
  }
}

TEST_CASE("Zeros of either sign promise everything") {
  CHECK(range(1000000, {0, 0x8000, 0}, {0x8000}) == Fp16SumRange::no_limits_reached);
  CHECK(range(64, {0, code(-15)}, {0x8000, code(-15)}) == Fp16SumRange::no_limits_reached);
}

TEST_CASE("The extent of two parts is that of all elements") {
  const std::vector<Fp16Code> left = {code(3, 4), 0}, right = {code(-9), code(5, 2, true)};
  std::vector<Fp16Code> all = left;
  all.insert(all.end(), right.begin(), right.end());
  const Fp16Extent got = merged(fp16_extent(left.data(), 2), fp16_extent(right.data(), 2));
  const Fp16Extent wanted = fp16_extent(all.data(), 4);
  CHECK(got.largest == wanted.largest);
  CHECK(got.smallest == wanted.smallest);
  CHECK(got.mantissas == wanted.mantissas);
  CHECK(wanted.largest == code(5, 2));
  CHECK(wanted.smallest == code(-9));
  CHECK(wanted.mantissas == 6);
}

/// 1 + 3/4 of its last place: nearest goes up, toward zero down.
float rounded_sum() {
  volatile float one = 1.0F, part = 0x1.8p-24F;
  return one + part;
}

TEST_CASE("Binary32 is rounded as asked inside the scope, and as before behind it") {
  const float down = 1.0F, up = 1.0F + 0x1p-23F;
  REQUIRE(rounded_sum() == up);
  {
    const Binary32Mode truncate(Binary32Rounding::toward_zero);
    CHECK(rounded_sum() == down);
    {
      const Binary32Mode usual(Binary32Rounding::nearest);
      CHECK(rounded_sum() == up);
    }
    CHECK(rounded_sum() == down);
  }
  CHECK(rounded_sum() == up);
}

}  // namespace
}  // namespace nibble
