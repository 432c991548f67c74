#include "models/training/elementwise_training.h"

#include <cmath>
#include <random>

#include "models/formats/fp16.h"
#include "models/layers/elementwise.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 21;

std::vector<float> random_fp16_values(std::mt19937_64& random, std::int64_t count, float spread) {
  std::normal_distribution<float> normal(0.3F, spread);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = fp16_to_float(fp16_from_float(normal(random)));
  return values;
}

torch::Tensor exact(const std::vector<float>& values, torch::IntArrayRef shape) {
  return torch::tensor(values, torch::kFloat64).reshape(shape);
}

/// Largest difference, as a part of the largest wanted magnitude.
double distance(const std::vector<float>& got, const torch::Tensor& wanted) {
  const torch::Tensor flat = wanted.reshape({-1});
  const torch::Tensor difference = torch::tensor(got, torch::kFloat64) - flat;
  return difference.abs().max().item<double>() / flat.abs().max().item<double>();
}

// A stored result may be off by half of an fp16 step of the largest value, 2^-10; unrounded sums
// are good to binary32.
constexpr double kFp16Tolerance = 0x1p-10, kFloatTolerance = 1e-5;

TEST_CASE("Batch norm, forward and backward, agrees with libtorch's autograd in binary64") {
  std::mt19937_64 random(kSeed);
  // 16 and 32 channels take the side-by-side sums, 5 and 21 also the remainder.
  for (const std::int64_t channels : {5, 16, 21, 32}) {
    const TensorShape shape = {4, 12, channels};
    const std::vector<float> x = random_fp16_values(random, shape.elements(), 2);
    const std::vector<float> dy = random_fp16_values(random, shape.elements(), 0.1F);
    const std::vector<float> gamma = random_fp16_values(random, channels, 0.2F);
    const std::vector<float> beta = random_fp16_values(random, channels, 0.2F);
    const float epsilon = 1e-5F;

    const torch::Tensor tx = exact(x, {48, channels}).set_requires_grad(true);
    const torch::Tensor tgamma = exact(gamma, {channels}).set_requires_grad(true);
    const torch::Tensor tbeta = exact(beta, {channels}).set_requires_grad(true);
    const torch::Tensor tz =
        torch::batch_norm(tx, tgamma, tbeta, {}, {}, true, 0.1, epsilon, false);
    tz.backward(exact(dy, {48, channels}));

    const BatchStatistics statistics = batch_statistics(x.data(), shape);
    const FoldedNorm folded = fold_batch_norm(gamma.data(), beta.data(), statistics.mean.data(),
                                              statistics.variance.data(), channels, epsilon);
    std::vector<float> z(x.size()), dx(x.size());
    batch_norm_apply(x.data(), 48, channels, folded.scale.data(), folded.shift.data(), z.data());
    const BatchNormGradients gradients = batch_norm_backward(x.data(), dy.data(), shape, statistics,
                                                             gamma.data(), epsilon, dx.data());
    INFO(channels << " channels, seed " << kSeed);
    CHECK(distance(statistics.mean, tx.mean(0)) < kFloatTolerance);
    CHECK(distance(z, tz) < kFp16Tolerance);
    CHECK(distance(dx, tx.grad()) < kFp16Tolerance);
    CHECK(distance(gradients.gamma, tgamma.grad()) < kFloatTolerance);
    CHECK(distance(gradients.beta, tbeta.grad()) < kFloatTolerance);
  }
}

TEST_CASE("Sums run over a sample's pixels, then over the samples, in order") {
  // 2^24 + 1 + 1 is 2^24 in binary32 when added one by one, and 2^24 + 2 by samples.
  const std::vector<float> x = {0x1p24F, 1, 1};
  CHECK(batch_statistics(x.data(), {1, 3, 1}).mean[0] == 0x1p24F / 3);
  const std::vector<float> padded = {0x1p24F, 0, 1, 1};
  CHECK(batch_statistics(padded.data(), {2, 2, 1}).mean[0] == (0x1p24F + 2) / 4);
}

TEST_CASE("PACT passes gradients inside [0, alpha) and gives alpha the rest above") {
  const float alpha = 2;
  const std::vector<float> x = {-1, 0, 1, 1.998F, 2, 3, std::nanf(""), -0.0F};
  const std::vector<float> dy = {1, 2, 4, 8, 16, 32, 64, 128};
  std::vector<float> dx(x.size());
  const float dalpha = pact_backward(x.data(), dy.data(), {2, 2, 2}, alpha, dx.data());
  CHECK(dx == std::vector<float>{0, 2, 4, 8, 0, 0, 0, 128});
  CHECK(dalpha == 48);
}

TEST_CASE("PACT's forward clips to alpha, NaN-infinity by its sign") {
  const std::vector<float> x = {-1, 0.5F, 7, std::nanf(""), -std::nanf("")};
  std::vector<float> y(x.size());
  pact_clip(x.data(), static_cast<std::int64_t>(x.size()), 2.5F, y.data());
  CHECK(y == std::vector<float>{0, 0.5F, 2.5F, 2.5F, 0});
}

TEST_CASE("Average pooling hands each pixel its share of the gradient") {
  const std::vector<float> dy = {1, 2, 3, 4};
  std::vector<float> dx(12);
  global_avg_pool_backward(dy.data(), {2, 3, 2}, dx.data());
  const auto third = [](float value) { return fp16_to_float(fp16_from_float(value / 3)); };
  CHECK(dx == std::vector<float>{third(1), third(2), third(1), third(2), third(1), third(2),
                                 third(3), third(4), third(3), third(4), third(3), third(4)});
}

}  // namespace
}  // namespace nibble
