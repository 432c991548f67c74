#include <catch2/catch.hpp>

#include "models/layers/sequence_elementwise_softmax.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sfu_functions.h"
#include "tests/models/layers/sequence_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 47;

Values exact_softmax(const Values& x, std::size_t channels) {
  Values y;
  for (std::size_t row = 0; row < x.size(); row += channels) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += std::exp(x[row + c]);
    for (std::size_t c = 0; c < channels; ++c) y.push_back(std::exp(x[row + c]) / sum);
  }
  return y;
}

TEST_CASE("Softmax and its gradient agree with binary64") {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t channels : {1, 3, 16, 50}) {
    const auto size = static_cast<std::size_t>(channels);
    const Codes x = random_codes(random, 9 * channels, 3, 2);
    const Codes dy = random_codes(random, 9 * channels, 0, 1);
    Codes y(x.size()), dx(x.size());
    softmax(x.data(), 9, channels, y.data());
    softmax_backward(y.data(), dy.data(), 9, channels, dx.data());
    INFO(channels << " channels, seed " << kSeed);
    const auto forward = [&](const Values& point) { return exact_softmax(point, size); };
    CHECK(worst_error(y, forward(values_of(x)), 1e-7) <= 1);

    Values wanted;  // from the stored y
    for (std::size_t row = 0; row < x.size(); row += size) {
      double total = 0;
      for (std::size_t c = row; c < row + size; ++c) {
        total += double{fp16_to_float(y[c])} * fp16_to_float(dy[c]);
      }
      for (std::size_t c = row; c < row + size; ++c) {
        wanted.push_back(fp16_to_float(y[c]) * (fp16_to_float(dy[c]) - total));
      }
    }
    CHECK((channels == 1 || worst_error(dx, wanted, 1e-6) <= 1));
    // The true gradient differs by what rounding y to fp16 costs.
    const Values truth = gradient_by_differences(forward, values_of(x), values_of(dy));
    CHECK((channels == 1 || worst_error(dx, truth, 2e-3) <= 1));
  }
}

TEST_CASE("Softmax has the bits that the documented order gives, whatever the instruction set") {
  std::mt19937_64 random(kSeed);
  const Codes x = random_codes(random, 45, 0, 3);
  Codes y(45);
  softmax(x.data(), 1, 45, y.data());
  float largest = fp16_to_float(x[0]);
  for (const Fp16Code code : x) largest = std::max(largest, fp16_to_float(code));
  std::vector<float> e;
  for (const Fp16Code code : x) e.push_back(sfu_exp(fp16_to_float(code) - largest));
  const float reciprocal =
      1 / sum_channels_of_row(45, [&](std::int64_t c) { return e[static_cast<std::size_t>(c)]; });
  for (std::size_t c = 0; c < 45; ++c) CHECK(y[c] == fp16_from_float(e[c] * reciprocal));
}

TEST_CASE("Softmax bears the largest numbers, and NaN-infinity takes its whole row") {
  const Codes x = {kFp16LargestFinite,
                   0,
                   0xFFFE,  // one takes all
                   0,
                   0xFFFF,
                   0,  // either sign of NaN-infinity
                   kFp16NanInfinity,
                   0xFFFF,
                   kFp16NanInfinity,  // no number at all
                   0x8000,
                   0,
                   0};  // -0 is a zero
  Codes y(12);
  softmax(x.data(), 4, 3, y.data());
  const Fp16Code third = fp16_from_double(1 / 3.0);
  const Fp16Code bad = kFp16NanInfinity;
  CHECK(y == Codes{fp16_from_float(1), 0, 0, bad, bad, bad, bad, bad, bad, third, third, third});

  const Codes probabilities(6, third);
  const Codes dy = {0, 0, 0xFFFF, 0, 0, 0};
  Codes dx(6);
  softmax_backward(probabilities.data(), dy.data(), 2, 3, dx.data());
  CHECK(dx == Codes{bad, bad, bad, 0, 0, 0});
}

TEST_CASE("A causal softmax is a softmax of what each query sees, and reads nothing else") {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t keys : {4, 21}) {
    const CausalScores shape = {2, 4, 3, keys};
    const std::int64_t rows = shape.samples * shape.queries * shape.heads;
    Codes x = random_codes(random, rows * keys, 0, 2), dy = random_codes(random, rows * keys, 0, 1);
    const auto seen_by = [&](std::int64_t row) { return row / 3 % 4 + 1 + keys - 4; };
    for (std::int64_t i = 0; i < rows * keys; ++i) {
      if (i % keys < seen_by(i / keys)) continue;
      x[static_cast<std::size_t>(i)] = dy[static_cast<std::size_t>(i)] = kFp16NanInfinity;
    }
    Codes y(x.size(), 0x1234), dx(x.size(), 0x1234);
    causal_softmax(x.data(), shape, y.data());
    causal_softmax_backward(y.data(), dy.data(), shape, dx.data());
    Codes wanted(x.size()), wanted_dx(x.size());
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t first = row * keys;
      softmax(x.data() + first, 1, seen_by(row), wanted.data() + first);
      softmax_backward(y.data() + first, dy.data() + first, 1, seen_by(row),
                       wanted_dx.data() + first);
    }
    INFO(keys << " keys, seed " << kSeed);
    CHECK(y == wanted);
    CHECK(dx == wanted_dx);
  }
}

TEST_CASE("Cross-entropy and its gradient agree with binary64 and its differences") {
  std::mt19937_64 random(kSeed);
  const std::int64_t tokens = 11, classes = 37;
  const Codes logits = random_codes(random, tokens * classes, 1, 2);
  std::vector<std::int32_t> targets;
  for (std::int64_t t = 0; t < tokens; ++t) targets.push_back(static_cast<int>(random() % 37));
  const auto loss = [&](const Values& x) {
    double sum = 0;
    for (std::size_t t = 0; t < targets.size(); ++t) {
      double exponentials = 0;
      for (std::size_t c = 0; c < 37; ++c) exponentials += std::exp(x[t * 37 + c]);
      sum += std::log(exponentials) - x[t * 37 + static_cast<std::size_t>(targets[t])];
    }
    return Values{sum};
  };
  Codes dx(logits.size());
  const float scale = 1024.0F / tokens;
  const CrossEntropy got =
      cross_entropy(logits.data(), targets.data(), tokens, classes, scale, dx.data());
  INFO("seed " << kSeed);
  CHECK(std::abs(got.loss_sum / loss(values_of(logits))[0] - 1) < 1e-6);
  CHECK(worst_error(dx, gradient_by_differences(loss, values_of(logits), {double{scale}}), 1e-7) <=
        1);
  const CrossEntropy without =
      cross_entropy(logits.data(), targets.data(), tokens, classes, scale, nullptr);
  CHECK(without.loss_sum == got.loss_sum);
  CHECK(without.correct == got.correct);
}

TEST_CASE("Of equal logits the first one is the answer, so that a target behind it is wrong") {
  const Fp16Code one = fp16_from_float(1);
  for (std::int64_t classes : {3, 40}) {
    Codes logits(static_cast<std::size_t>(classes));
    logits[1] = logits.back() = one;
    const auto correct = [&](std::int64_t target) {
      const auto label = static_cast<std::int32_t>(target);
      return cross_entropy(logits.data(), &label, 1, classes, 1, nullptr).correct;
    };
    CHECK(correct(0) == 0);
    CHECK(correct(1) == 1);
    CHECK(correct(classes - 1) == 0);
  }
  const Codes zeros = {0, 0x8000, 0};
  const std::int32_t second = 1;
  CHECK(cross_entropy(zeros.data(), &second, 1, 3, 1, nullptr).correct == 0);
}

TEST_CASE("Cross-entropy counts the tokens whose target has the largest logit") {
  const Fp16Code one = fp16_from_float(1);
  const Codes logits = {0, one, 0, 0, one, 0, one, one, 0, one, kFp16NanInfinity, 0};
  const std::vector<std::int32_t> targets = {1, 2, 0, 0};
  CHECK(cross_entropy(logits.data(), targets.data(), 3, 3, 1, nullptr).correct == 2);

  Codes dx(12);
  const CrossEntropy all = cross_entropy(logits.data(), targets.data(), 4, 3, 1, dx.data());
  CHECK(std::isnan(all.loss_sum));
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(dx[6 + c] != kFp16NanInfinity);
    CHECK(dx[9 + c] == kFp16NanInfinity);
  }
}

}  // namespace
}  // namespace nibble
