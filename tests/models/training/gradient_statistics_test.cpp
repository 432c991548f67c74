// Every statistic against a case computed by hand, the weight gradient also against the lowering
// that the GEMMs use.
#include "models/training/gradient_statistics.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "models/quantize/fp4_quantize.h"

namespace nibble {
namespace {

std::vector<Fp16Code> codes_of(const std::vector<float>& values) {
  std::vector<Fp16Code> codes(values.size());
  fp16_from_floats(values.data(), values.size(), codes.data());
  return codes;
}

std::vector<Fp16Code> normal_gradient(std::size_t count, float deviation) {
  std::mt19937_64 random(1604);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return codes_of(values);
}

TEST_CASE("Shares of levels, zeros and clipped gradients are those counted by hand") {
  for (const int gradscale : {0, 3}) {
    std::vector<float> values = {0, 0.005F, 1, -1, 40, 100, 2.5F, 1};
    for (float& value : values) value = std::ldexp(value, -gradscale);
    const LevelShares shares = level_shares(count_codes(codes_of(values)), gradscale);
    std::array<double, 16> wanted{};
    wanted[0] = 2 / 8.0;   // 0 and 0.005, below 0.0098
    wanted[4] = 2 / 8.0;   // 1
    wanted[12] = 1 / 8.0;  // -1
    wanted[5] = 1 / 8.0;   // 2.5 is rounded up to 4
    wanted[7] = 2 / 8.0;   // 64
    CHECK(shares.even == wanted);
    CHECK(shares.exact_zeros == 1 / 8.0);
    CHECK(shares.odd_zeros == 1 / 8.0);     // 0.005 becomes 1/128
    CHECK(shares.even_clipped == 1 / 8.0);  // 100
    CHECK(shares.odd_clipped == 2 / 8.0);   // 40 and 100
  }
}

TEST_CASE("The error of rounding over the threshold is the one computed by hand") {
  const auto error = [](const std::vector<float>& values, double divisor) {
    return threshold_error(count_codes(codes_of(values)), 0, divisor);
  };
  CHECK(error({3}, 1.6) == Approx(1 / 9.0));  // 4
  CHECK(error({3}, 1.0) == Approx(4 / 9.0));  // 1, as 4 begins at 4
  CHECK(error({-2}, 1.6) == Approx(1 / 4.0));
  CHECK(error({-2}, 2.0) == Approx(4 / 4.0));
  CHECK(error({3, 1.5F, -1.5F}, 1.6) == Approx(1.5 / 13.5));
  CHECK(error({100}, 1.6) == Approx(36 * 36 / 1e4));
  CHECK(error({0.00390625F}, 1.6) == Approx(1));  // zero
  CHECK(error({0.00390625F}, 4.0) == Approx(9));  // 1/64
  CHECK(threshold_error(count_codes(codes_of({0.375F})), 3, 1.6) == Approx(1 / 9.0));
}

TEST_CASE("FP4's own threshold rounds with the least error of all") {
  const std::vector<Fp16Code> dy = normal_gradient(20000, 3.0F);
  const CodeCounts counts = count_codes(dy);
  double errors = 0, squares = 0;
  for (const Fp16Code code : dy) {
    const double exact = fp16_to_float(code);
    const double rounded = std::ldexp(fp4_units(fp4_quantize(code, Fp4Phase::even, 1)), -7);
    errors += (rounded - exact) * (rounded - exact);
    squares += exact * exact;
  }
  const double own = threshold_error(counts, 1, 1.6);
  CHECK(own == Approx(errors / squares).epsilon(1e-12));
  for (int i = 0; i <= 60; ++i) {
    if (i != 12) CHECK(threshold_error(counts, 1, 1.0 + 0.05 * i) > own);
  }
}

TEST_CASE("Rounded gradients are the levels of their phase, scaled back") {
  const GradientValues plain = gradient_values(codes_of({1, -0.25F, 0.375F}), 0);
  CHECK(plain.exact == std::vector<double>{1, -0.25, 0.375});
  CHECK(plain.even == std::vector<double>{1, -0.25, 0.25});
  CHECK(plain.odd == std::vector<double>{0.5, -0.125, 0.5});
  const GradientValues scaled = gradient_values(codes_of({0.375F, 1000}), 1);
  CHECK(scaled.even == std::vector<double>{0.5, 32});
  CHECK(scaled.odd == std::vector<double>{0.25, 16});
}

TEST_CASE("The weight gradient of a small convolution is the one computed by hand") {
  ConvShape conv;
  conv.n = conv.c = conv.k = 1;
  conv.h = conv.w = 2;
  conv.r = conv.s = 3;
  conv.padding = 1;
  CHECK(weight_gradient(conv, {1, 2, 3, 4}, {10, 20, 30, 40}) ==
        std::vector<double>{40, 110, 60, 140, 300, 140, 60, 110, 40});
}

/// Sums over the gathered matrices, as the GEMMs define them; result [G,M,N].
std::vector<double> lowered_weight_gradient(const ConvShape& conv, const std::vector<Fp16Code>& x,
                                            const std::vector<Fp16Code>& dy) {
  const LoweredGemm gemm = lower_conv(conv, GemmPass::wgrad).front();
  const GemmShape& shape = gemm.shape;
  std::vector<Fp16Code> a(static_cast<std::size_t>(conv.groups * shape.m * shape.k));
  std::vector<Fp16Code> b(static_cast<std::size_t>(conv.groups * shape.k * shape.n));
  gather_a(gemm, dy.data(), a.data());
  gather_b(gemm, x.data(), b.data());
  const auto number = [](const std::vector<Fp16Code>& from, std::int64_t i) {
    return static_cast<double>(fp16_to_float(from[static_cast<std::size_t>(i)]));
  };
  std::vector<double> result;
  for (std::int64_t row = 0; row < conv.groups * shape.m; ++row) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      double sum = 0;
      for (std::int64_t k = 0; k < shape.k; ++k) {
        sum +=
            number(a, row * shape.k + k) * number(b, (row / shape.m * shape.k + k) * shape.n + n);
      }
      result.push_back(sum);
    }
  }
  return result;
}

TEST_CASE("Weight gradients and their magnitudes obey the order of the GEMMs' operands") {
  constexpr std::uint64_t kSeed = 77;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const auto& [stride, groups] : {std::pair(1, 1), std::pair(2, 1), std::pair(2, 3)}) {
    ConvShape conv;
    conv.n = 2;
    conv.c = 6;
    conv.k = 3;
    conv.h = 5;
    conv.w = 4;
    conv.r = 3;
    conv.s = 2;
    conv.stride = stride;
    conv.padding = 1;
    conv.groups = groups;
    const auto integers = [&](std::int64_t count) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& value : values) value = static_cast<float>(random() % 31) - 15.0F;
      return values;
    };
    const std::vector<float> x = integers(conv.n * conv.h * conv.w * conv.c);
    const std::vector<float> dy = integers(conv.n * conv.p() * conv.q() * conv.k);
    const auto doubles = [](const std::vector<float>& from) {
      return std::vector<double>(from.begin(), from.end());
    };
    CHECK(weight_gradient(conv, doubles(x), doubles(dy)) ==
          lowered_weight_gradient(conv, codes_of(x), codes_of(dy)));
    const auto magnitudes = [](std::vector<float> values) {
      for (float& value : values) value = std::fabs(value);
      return codes_of(values);
    };
    double sum = 0;
    for (const double dw : lowered_weight_gradient(conv, magnitudes(x), magnitudes(dy))) sum += dw;
    CHECK(product_magnitudes(conv, doubles(x), doubles(dy)) == sum);
  }
}

TEST_CASE("The bias of a weight gradient is length, angle and mean error of its products") {
  const WeightGradientBias shorter = weight_gradient_bias({3, 4}, {3, 0}, 14);
  CHECK(shorter.length == Approx(9 / 25.0));
  CHECK(shorter.cosine == Approx(0.6));
  CHECK(shorter.mean == Approx(-4 / 14.0));
  CHECK(shorter.mean_size == Approx(4 / 14.0));
  const WeightGradientBias cancelled = weight_gradient_bias({1, -1}, {0.5, -0.5}, 10);
  CHECK(cancelled.length == Approx(0.5));
  CHECK(cancelled.cosine == Approx(1));
  CHECK(cancelled.mean == 0);
  CHECK(cancelled.mean_size == Approx(0.1));
}

TEST_CASE("Shifts of means, variances and angles are those computed by hand") {
  const std::vector<double> shifts = mean_shifts({1, 5, 3, 5, 1, 5, 3, 5}, 2);
  CHECK(shifts == std::vector<double>{2, 0});
  CHECK(root_mean_square(shifts) == Approx(std::sqrt(2.0)));
  CHECK(variance({1, 2, 3, 4}) == Approx(1.25));
  CHECK(cosine({1, 0}, {1, 1}) == Approx(std::sqrt(0.5)));
  CHECK(cosine({1, 0}, {0, 0}) == 0);
}

}  // namespace
}  // namespace nibble
