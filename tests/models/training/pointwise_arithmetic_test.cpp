// The fused layers between GEMMs: forward against the single stages of models/layers, backward
// against plain loops in the documented order, with every instruction set; batch norm also against
// libtorch's autograd in binary64.
#include "models/training/pointwise_arithmetic.h"

#include <cmath>
#include <functional>
#include <random>

#include "hwy/highway.h"
#include "models/layers/elementwise.h"
#include "models/layers/fp16_values.h"
#include "models/quantize/fp4_quantize.h"
#include "models/quantize/pact.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 21;
constexpr float kEpsilon = 1e-5F;

using Codes = std::vector<Fp16Code>;

std::vector<float> values_of(const Codes& codes) {
  std::vector<float> values(codes.size());
  fp16_to_floats(codes.data(), codes.size(), values.data());
  return values;
}

Codes codes_of(const std::vector<float>& values) {
  Codes codes(values.size());
  fp16_from_floats(values.data(), values.size(), codes.data());
  return codes;
}

Codes random_codes(std::mt19937_64& random, std::int64_t count, float spread) {
  std::normal_distribution<float> normal(0.3F, spread);
  Codes codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) code = fp16_from_float(normal(random));
  return codes;
}

/// Zeros of both signs, the smallest and largest numbers and NaN-infinity among random ones.
void add_special(std::mt19937_64& random, Codes& codes) {
  for (const Fp16Code special : {0x0000, 0x8000, 0x0001, 0x8001, 0x7FFE, 0xFFFE, 0x7FFF, 0xFFFF}) {
    codes[random() % codes.size()] = special;
  }
}

void with_all_instruction_sets(const std::function<void(std::mt19937_64&)>& body) {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    INFO(hwy::TargetName(target) << ", seed " << kSeed);
    body(random);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

struct Case {
  TensorShape shape;
  bool norm, add;
  Activation activation;
  bool finite;  // no NaN-infinity goes in
};

std::vector<Case> with_and_without_nan(const std::vector<Case>& cases) {
  std::vector<Case> result = cases;
  for (Case which : cases) {
    which.finite = true;
    result.push_back(which);
  }
  return result;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const std::int64_t channels : {1, 5, 16, 21, 32}) {
    for (const bool norm : {false, true}) {
      for (const bool add : {false, true}) {
        for (const Activation activation : {Activation::none, Activation::pact, Activation::relu}) {
          cases.push_back({{3, 11, channels}, norm, add, activation, false});
        }
      }
    }
  }
  return with_and_without_nan(cases);
}

/// NaN-infinity becomes the largest number.
void remove_nan(Codes& codes) {
  for (Fp16Code& code : codes) {
    if (fp16_is_nan_infinity(code)) --code;
  }
}

FoldedNorm random_norm(std::mt19937_64& random, std::int64_t channels) {
  return {values_of(random_codes(random, channels, 1)),
          values_of(random_codes(random, channels, 1))};
}

TEST_CASE("A fused layer gives what its stages give one after the other") {
  with_all_instruction_sets([](std::mt19937_64& random) {
    for (const Case& which : all_cases()) {
      const TensorShape& shape = which.shape;
      Codes x = random_codes(random, shape.elements(), 2);
      Codes other = random_codes(random, shape.elements(), 2);
      add_special(random, x);
      add_special(random, other);
      if (which.finite) remove_nan(x);
      const FoldedNorm norm = random_norm(random, shape.channels);
      const float alpha = random() % 4 == 0 ? 1e-9F : 1.7F;  // the smaller one's codes are 15 or 0
      const Fp16Code reciprocal = pact_reciprocal(alpha);
      PointwiseStages stages{which.norm ? &norm : nullptr, which.add ? other.data() : nullptr,
                             which.activation, alpha, which.finite};
      Codes got(x.size());
      std::vector<NibbleCode> nibbles(x.size());
      PointwiseMasks masks;
      const bool pact = which.activation == Activation::pact;
      pointwise_forward(x.data(), shape, stages, reciprocal, got.data(),
                        pact ? nibbles.data() : nullptr, masks);

      Codes y = x;
      const auto count = static_cast<std::int64_t>(y.size());
      if (which.norm) {
        batch_norm_apply(y.data(), shape.per_channel(), shape.channels, norm.scale.data(),
                         norm.shift.data(), y.data());
      }
      if (which.add) residual_add(y.data(), other.data(), count, y.data());
      if (pact) pact_clip(y.data(), count, alpha, y.data());
      if (which.activation == Activation::relu) relu(y.data(), count, y.data());
      CHECK(got == codes_of(values_of(y)));  // a result has one zero and one NaN-infinity
      if (!pact) continue;
      std::vector<NibbleCode> wanted(x.size());
      pact_quantize(y.data(), y.size(), reciprocal, wanted.data());
      CHECK(nibbles == wanted);
    }
  });
}

/// dv and the sums as the header defines them, by plain loops.
struct Backward {
  Codes dv, dx;
  PointwiseSums sums;
};

Backward plain_backward(const Case& which, const Codes& x, const Codes& other,
                        const FoldedNorm& norm, float alpha, const BatchStatistics& statistics,
                        const float* gamma, const Codes& dy) {
  const auto [samples, pixels, channels] = which.shape;
  Backward result;
  result.dv = dy;
  std::vector<float> t(x.size());
  std::vector<float> alphas(static_cast<std::size_t>(channels));
  if (which.norm) result.sums.beta = result.sums.gamma = alphas;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t c = 0; c < channels; ++c) {
      float beta_sum = 0, gamma_sum = 0, alpha_sum = 0;
      const auto channel = static_cast<std::size_t>(c);
      for (std::int64_t p = 0; p < pixels; ++p) {
        const auto i = static_cast<std::size_t>((n * pixels + p) * channels + c);
        float v = fp16_to_float(x[i]);
        if (which.norm) v = fp16_rounded(v * norm.scale[channel] + norm.shift[channel]);
        if (which.add) v = fp16_rounded(v + fp16_to_float(other[i]));
        const float gradient = fp16_to_float(dy[i]);
        bool passes = true;
        if (which.activation == Activation::pact) {
          passes = v >= 0 && v < alpha;
          if (v >= alpha) alpha_sum += gradient;
        } else if (which.activation == Activation::relu) {
          passes = !(v <= 0);
        }
        if (!passes) result.dv[i] = 0;
        if (!which.norm) continue;
        const float inverse = 1.0F / std::sqrt(statistics.variance[channel] + kEpsilon);
        t[i] = (fp16_to_float(x[i]) - statistics.mean[channel]) * inverse;
        beta_sum += passes ? gradient : 0.0F;
        gamma_sum += (passes ? gradient : 0.0F) * t[i];
      }
      alphas[channel] += alpha_sum;
      if (!which.norm) continue;
      result.sums.beta[channel] += beta_sum;
      result.sums.gamma[channel] += gamma_sum;
    }
  }
  for (const float channel : alphas) result.sums.alpha += channel;
  if (!which.norm) return result;
  const auto count = static_cast<float>(samples * pixels);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(channels);
    const float inverse = 1.0F / std::sqrt(statistics.variance[c] + kEpsilon);
    const float rest = fp16_to_float(result.dv[i]) - result.sums.beta[c] / count -
                       t[i] * (result.sums.gamma[c] / count);
    result.dx.push_back(fp16_from_float(gamma[c] * inverse * rest));
  }
  return result;
}

TEST_CASE("Gradients and sums are those of plain loops in the documented order") {
  with_all_instruction_sets([](std::mt19937_64& random) {
    for (const Case& which : all_cases()) {
      for (const bool two_readers : {false, true}) {
        const TensorShape& shape = which.shape;
        Codes x = random_codes(random, shape.elements(), 2);
        const Codes other = random_codes(random, shape.elements(), 2);
        Codes dy = random_codes(random, shape.elements(), 0.1F);
        const Codes second = random_codes(random, shape.elements(), 0.1F);
        const Codes gamma_codes = random_codes(random, shape.channels, 1);
        const std::vector<float> gamma = values_of(gamma_codes);
        const float alpha = 1.7F;
        const FoldedNorm norm = random_norm(random, shape.channels);
        PointwiseStages stages{which.norm ? &norm : nullptr, which.add ? other.data() : nullptr,
                               which.activation, alpha, which.finite};
        BatchStatistics statistics;
        batch_statistics(x.data(), shape, statistics);
        PointwiseMasks masks;
        pointwise_forward(x.data(), shape, stages, 0, nullptr, nullptr, masks);

        Codes sum = dy;
        for (std::size_t i = 0; two_readers && i < sum.size(); ++i) {
          sum[i] = fp16_add(dy[i], second[i]);
        }
        const Backward wanted =
            plain_backward(which, x, other, norm, alpha, statistics, gamma.data(), sum);
        PointwiseSums sums;
        pointwise_backward(x.data(), shape, stages, masks, statistics, kEpsilon,
                           {dy.data(), two_readers ? second.data() : nullptr}, sums);
        CHECK(sums.alpha == wanted.sums.alpha);
        CHECK(sums.beta == wanted.sums.beta);
        CHECK(sums.gamma == wanted.sums.gamma);
        if (which.norm) {
          constexpr int kGradScale = 3;
          std::vector<NibbleCode> even(x.size()), odd(x.size()), wanted_even(x.size()),
              wanted_odd(x.size());
          Codes kept = dy;
          const Fp16Code largest = batch_norm_backward(
              x.data(), shape, stages, masks, statistics, sums, gamma.data(), kEpsilon, kept.data(),
              Fp4Phases{kGradScale, even.data(), odd.data()});
          CHECK(largest == fp4_quantize_phases(wanted.dx.data(), x.size(), kGradScale,
                                               wanted_even.data(), wanted_odd.data()));
          CHECK(even == wanted_even);
          CHECK(odd == wanted_odd);

          Codes dx(x.size());
          batch_norm_backward(x.data(), shape, stages, masks, statistics, sums, gamma.data(),
                              kEpsilon, dy.data(), dx.data());
          CHECK(dx == wanted.dx);
          CHECK(kept == dy);
        }
        if (which.add || !which.norm) CHECK(dy == wanted.dv);
      }
    }
  });
}

TEST_CASE("Statistics are finite exactly when no value is NaN-infinity") {
  with_all_instruction_sets([](std::mt19937_64& random) {
    const TensorShape shape = {3, 11, 21};
    Codes x = random_codes(random, shape.elements(), 2);
    BatchStatistics statistics;
    batch_statistics(x.data(), shape, statistics);
    CHECK(statistics.finite());
    x[random() % x.size()] = 0xFFFF;
    batch_statistics(x.data(), shape, statistics);
    CHECK_FALSE(statistics.finite());
  });
}

TEST_CASE("Statistics are those of plain loops in the documented order") {
  with_all_instruction_sets([](std::mt19937_64& random) {
    for (const std::int64_t channels : {1, 5, 16, 21, 32}) {
      const TensorShape shape = {4, 12, channels};
      const Codes x = random_codes(random, shape.elements(), 2);
      BatchStatistics got;
      batch_statistics(x.data(), shape, got);
      for (std::int64_t c = 0; c < channels; ++c) {
        std::vector<float> means, squares;
        float total = 0, distances = 0;
        for (std::int64_t n = 0; n < 4; ++n) {
          const auto value = [&](std::int64_t p) {
            return fp16_to_float(x[static_cast<std::size_t>((n * 12 + p) * channels + c)]);
          };
          float sum = 0, square = 0;
          for (std::int64_t p = 0; p < 12; ++p) sum += value(p);
          for (std::int64_t p = 0; p < 12; ++p) {
            square += (value(p) - sum / 12) * (value(p) - sum / 12);
          }
          total += sum;
          means.push_back(sum / 12);
          squares.push_back(square);
        }
        for (std::size_t n = 0; n < 4; ++n) {
          const float distance = means[n] - total / 48;
          distances += squares[n] + 12 * (distance * distance);
        }
        CHECK(got.mean[static_cast<std::size_t>(c)] == total / 48);
        CHECK(got.variance[static_cast<std::size_t>(c)] == distances / 48);
      }
    }
  });
}

/// Largest difference, as a part of the largest wanted magnitude.
double distance(const std::vector<float>& got, const torch::Tensor& wanted) {
  const torch::Tensor flat = wanted.reshape({-1});
  const torch::Tensor difference = torch::tensor(got, torch::kFloat64) - flat;
  return difference.abs().max().item<double>() / flat.abs().max().item<double>();
}

torch::Tensor exact(const std::vector<float>& values, torch::IntArrayRef shape) {
  return torch::tensor(values, torch::kFloat64).reshape(shape);
}

// A stored result may be off by half of an fp16 step of the largest value, 2^-10; unrounded sums
// are good to binary32.
constexpr double kFp16Tolerance = 0x1p-10, kFloatTolerance = 1e-5;

TEST_CASE("Batch norm, forward and backward, agrees with libtorch's autograd in binary64") {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t channels : {5, 16, 21, 32}) {
    const TensorShape shape = {4, 12, channels};
    const Codes x = random_codes(random, shape.elements(), 2);
    Codes dy = random_codes(random, shape.elements(), 0.1F);
    const std::vector<float> gamma = values_of(random_codes(random, channels, 0.2F));
    const std::vector<float> beta = values_of(random_codes(random, channels, 0.2F));

    const torch::Tensor tx = exact(values_of(x), {48, channels}).set_requires_grad(true);
    const torch::Tensor tgamma = exact(gamma, {channels}).set_requires_grad(true);
    const torch::Tensor tbeta = exact(beta, {channels}).set_requires_grad(true);
    const torch::Tensor tz =
        torch::batch_norm(tx, tgamma, tbeta, {}, {}, true, 0.1, kEpsilon, false);
    tz.backward(exact(values_of(dy), {48, channels}));

    BatchStatistics statistics;
    batch_statistics(x.data(), shape, statistics);
    const FoldedNorm folded = fold_batch_norm(gamma.data(), beta.data(), statistics.mean.data(),
                                              statistics.variance.data(), channels, kEpsilon);
    PointwiseStages stages;
    stages.norm = &folded;
    Codes z(x.size()), dx(x.size());
    PointwiseMasks masks;
    PointwiseSums sums;
    pointwise_forward(x.data(), shape, stages, 0, z.data(), nullptr, masks);
    pointwise_backward(x.data(), shape, stages, masks, statistics, kEpsilon, {dy.data(), nullptr},
                       sums);
    batch_norm_backward(x.data(), shape, stages, masks, statistics, sums, gamma.data(), kEpsilon,
                        dy.data(), dx.data());
    INFO(channels << " channels, seed " << kSeed);
    CHECK(distance(statistics.mean, tx.mean(0)) < kFloatTolerance);
    CHECK(distance(values_of(z), tz) < kFp16Tolerance);
    CHECK(distance(values_of(dx), tx.grad()) < kFp16Tolerance);
    CHECK(distance(sums.gamma, tgamma.grad()) < kFloatTolerance);
    CHECK(distance(sums.beta, tbeta.grad()) < kFloatTolerance);
  }
}

}  // namespace
}  // namespace nibble
