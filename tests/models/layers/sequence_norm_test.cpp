#include <catch2/catch.hpp>

#include "models/layers/sequence_elementwise_norm.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "tests/models/layers/sequence_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 43;
constexpr float kEpsilon = 1e-5F;

/// The definition, in binary64. Parameters: gamma, then beta, then x, in one array.
Values exact_layer_norm(const Values& all, std::size_t channels) {
  Values y;
  for (std::size_t row = 2 * channels; row < all.size(); row += channels) {
    double mean = 0, variance = 0;
    for (std::size_t c = 0; c < channels; ++c) mean += all[row + c] / static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      variance += std::pow(all[row + c] - mean, 2) / static_cast<double>(channels);
    }
    for (std::size_t c = 0; c < channels; ++c) {
      const double normal = (all[row + c] - mean) / std::sqrt(variance + kEpsilon);
      y.push_back(normal * all[c] + all[channels + c]);
    }
  }
  return y;
}

TEST_CASE("Layer norm, forward and backward, agrees with binary64 and its differences") {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t channels : {5, 16, 40}) {
    const RowShape shape = {70, channels};  // more than one block of rows
    const auto size = static_cast<std::size_t>(channels);
    const Codes x = random_codes(random, 70 * channels, 1, 2);
    const Codes dy = random_codes(random, 70 * channels, 0.1, 0.5);
    const std::vector<float> gamma = random_floats(random, channels, 1, 0.3);
    const std::vector<float> beta = random_floats(random, channels, 0, 0.3);
    Values all = values_of(gamma);
    for (const double value : values_of(beta)) all.push_back(value);
    for (const double value : values_of(x)) all.push_back(value);
    const auto forward = [&](const Values& point) { return exact_layer_norm(point, size); };
    const Values gradient = gradient_by_differences(forward, all, values_of(dy));

    std::vector<RowStatistics> statistics(70);
    Codes y(x.size()), dx(x.size());
    std::vector<float> dgamma(size), dbeta(size);
    layer_norm(x.data(), shape, gamma.data(), beta.data(), kEpsilon, statistics.data(), y.data());
    layer_norm_backward(x.data(), dy.data(), shape, statistics.data(), gamma.data(), dx.data(),
                        dgamma.data(), dbeta.data());
    INFO(channels << " channels, seed " << kSeed);
    CHECK(worst_error(y, forward(all), 1e-6) <= 1);
    const auto x_begins = gradient.begin() + 2 * channels;
    CHECK(worst_error(dx, Values(x_begins, gradient.end()), 2e-6) <= 1);
    CHECK(relative_error(dgamma, Values(gradient.begin(), gradient.begin() + channels)) < 1e-6);
    CHECK(relative_error(dbeta, Values(gradient.begin() + channels, x_begins)) < 1e-6);
  }
}

TEST_CASE("A row's statistics have the bits that the documented order gives") {
  std::mt19937_64 random(kSeed);
  const Codes x = random_codes(random, 40, 1, 2);
  const std::vector<float> ones(40, 1), zeros(40);
  RowStatistics got;
  Codes y(40);
  layer_norm(x.data(), {1, 40}, ones.data(), zeros.data(), kEpsilon, &got, y.data());
  const auto value = [&](std::int64_t c) { return fp16_to_float(x[static_cast<std::size_t>(c)]); };
  const float mean = sum_channels_of_row(40, value) / 40;
  const float squares = sum_channels_of_row(
      40, [&](std::int64_t c) { return (value(c) - mean) * (value(c) - mean); });
  INFO("seed " << kSeed);
  CHECK(got.mean == mean);
  CHECK(got.inverse == 1 / std::sqrt(squares / 40 + kEpsilon));
}

TEST_CASE("Gradients of gamma and beta add to what is there") {
  const Codes x = {fp16_from_float(1), fp16_from_float(3)};
  const Codes dy = {fp16_from_float(0.5F), fp16_from_float(0.25F)};
  const std::vector<float> gamma = {1, 1};
  const RowStatistics statistics = {2, 1};
  Codes dx(2);
  std::vector<float> dgamma = {10, 20}, dbeta = {30, 40};
  layer_norm_backward(x.data(), dy.data(), {1, 2}, &statistics, gamma.data(), dx.data(),
                      dgamma.data(), dbeta.data());
  CHECK(dgamma == std::vector<float>{9.5F, 20.25F});
  CHECK(dbeta == std::vector<float>{30.5F, 40.25F});
}

TEST_CASE("Layer norm keeps NaN-infinity in its row, and equal channels give beta") {
  Codes x(3 * 4, fp16_from_float(7));
  x[5] = 0xFFFF;  // NaN-infinity with the sign set
  const std::vector<float> gamma(4, 2), beta = {0, 1, 2, 3};
  std::vector<RowStatistics> statistics(3);
  Codes y(12), dx(12);
  layer_norm(x.data(), {3, 4}, gamma.data(), beta.data(), kEpsilon, statistics.data(), y.data());
  std::vector<float> dgamma(4), dbeta(4);
  const Codes dy(12, fp16_from_float(1));
  layer_norm_backward(x.data(), dy.data(), {3, 4}, statistics.data(), gamma.data(), dx.data(),
                      dgamma.data(), dbeta.data());
  for (std::size_t i = 0; i < 12; ++i) {
    INFO("element " << i);
    CHECK(y[i] == (i / 4 == 1 ? kFp16NanInfinity : fp16_from_float(beta[i % 4])));
    CHECK(dx[i] == (i / 4 == 1 ? kFp16NanInfinity : 0));
  }
}

}  // namespace
}  // namespace nibble
