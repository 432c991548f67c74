#include <catch2/catch.hpp>

#include "models/layers/sequence_elementwise_clip.h"
#include "tests/models/layers/sequence_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 71;

TEST_CASE("The signed clip of every fp16 number lies between -alpha and alpha") {
  Codes x(65536), y(65536);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<Fp16Code>(i);
  for (const float alpha : {0.3F, 1.0F, 2.9F}) {
    signed_clip(x.data(), static_cast<std::int64_t>(x.size()), alpha, y.data());
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = fp16_to_float(x[i]), top = static_cast<double>(alpha);
      const double wanted =
          std::isnan(value) ? (i < 0x8000 ? top : -top) : std::min(std::max(value, -top), top);
      wrong += fp16_to_float(y[i]) != fp16_to_float(fp16_from_double(wanted));
    }
    INFO("alpha " << alpha);
    CHECK(wrong == 0);
  }
}

TEST_CASE("A gradient passes the signed clip inside, and is alpha's with x's sign outside") {
  const float alpha = 1.0F;
  const Codes x = {fp16_from_float(0.5F),
                   fp16_from_float(-0.5F),
                   fp16_from_float(1.0F),
                   fp16_from_float(-1.0F),
                   fp16_from_float(3.0F),
                   kFp16NanInfinity,
                   0xFFFF,
                   0x8000};
  Codes dy, dx(x.size(), 0x1111);
  for (int i = 0; i < 8; ++i) dy.push_back(fp16_from_float(std::ldexp(1.0F, i)));
  const float dalpha = signed_clip_backward(x.data(), dy.data(), {1, 8}, alpha, dx.data());
  CHECK(dalpha == 4 - 8 + 16 + 32 - 64);
  CHECK(dx == Codes{dy[0], dy[1], 0, 0, 0, 0, 0, dy[7]});
}

TEST_CASE("The signed clip's gradients are those of differences in binary64") {
  std::mt19937_64 random(kSeed);
  INFO("seed " << kSeed);
  const RowShape shape = {7, 37};
  const Codes x = random_codes(random, 7 * 37, 0, 1.5), dy = random_codes(random, 7 * 37, 0, 1);
  const float alpha = 1.25F;
  Codes dx(x.size());
  const float dalpha = signed_clip_backward(x.data(), dy.data(), shape, alpha, dx.data());
  const auto clipped = [](const Values& all) {  // of x..., alpha
    Values y(all.begin(), all.end() - 1);
    for (double& value : y) value = std::min(std::max(value, -all.back()), all.back());
    return y;
  };
  Values all = values_of(x);
  all.push_back(static_cast<double>(alpha));
  const Values wanted = gradient_by_differences(clipped, all, values_of(dy));
  CHECK(worst_error(dx, Values(wanted.begin(), wanted.end() - 1), 1e-6) <= 1);
  CHECK(std::abs(static_cast<double>(dalpha) - wanted.back()) < 1e-4);
}

TEST_CASE("A gradient that is NaN-infinity is alpha's only outside") {
  const Codes x = {fp16_from_float(0.5F), fp16_from_float(2.0F)};
  Codes dx(2);
  const Codes inside = {kFp16NanInfinity, fp16_from_float(1.0F)};
  CHECK(signed_clip_backward(x.data(), inside.data(), {1, 2}, 1.0F, dx.data()) == 1.0F);
  CHECK(dx[0] == kFp16NanInfinity);
  const Codes outside = {fp16_from_float(1.0F), kFp16NanInfinity};
  CHECK(std::isnan(signed_clip_backward(x.data(), outside.data(), {1, 2}, 1.0F, dx.data())));
}

}  // namespace
}  // namespace nibble
