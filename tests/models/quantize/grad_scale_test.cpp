// GradScale: votes at the edges 32 and 64, the update, the first value.
#include "models/quantize/grad_scale.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "models/formats/fp16.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260105;
using Limits = std::numeric_limits<float>;

TEST_CASE("The vote changes exactly above 32 and above 64, at every scale") {
  for (int gradscale = -60; gradscale <= 60; ++gradscale) {
    const float edge_32 = std::ldexp(32.0F, -gradscale);
    const float edge_64 = std::ldexp(64.0F, -gradscale);
    CAPTURE(gradscale);
    CHECK(grad_scale_vote(std::nextafter(edge_32, 0.0F), gradscale) == 1);
    CHECK(grad_scale_vote(edge_32, gradscale) == 1);
    CHECK(grad_scale_vote(std::nextafter(edge_32, 1e38F), gradscale) == 0);
    CHECK(grad_scale_vote(std::nextafter(edge_64, 0.0F), gradscale) == 0);
    CHECK(grad_scale_vote(edge_64, gradscale) == 0);
    CHECK(grad_scale_vote(std::nextafter(edge_64, 1e38F), gradscale) == -1);
  }
}

TEST_CASE("Zero does not vote, NaN, infinity and what overflows vote down, what vanishes up") {
  CHECK(grad_scale_vote(0.0F, 1000) == 0);
  CHECK(grad_scale_vote(Limits::infinity(), -1000) == -1);
  CHECK(grad_scale_vote(Limits::quiet_NaN(), 0) == -1);
  CHECK(grad_scale_vote(1.0F, std::numeric_limits<int>::max()) == -1);
  CHECK(grad_scale_vote(1.0F, std::numeric_limits<int>::min()) == 1);
  CHECK(grad_scale_vote(Limits::denorm_min(), 149 + 5) == 1);
  CHECK(grad_scale_vote(Limits::denorm_min(), 149 + 6) == 0);
}

TEST_CASE("The scale moves by the sign of the votes' sum") {
  CHECK(grad_scale_update(7, 0) == 7);
  CHECK(grad_scale_update(7, 1) == 8);
  CHECK(grad_scale_update(7, 9) == 8);
  CHECK(grad_scale_update(7, -1) == 6);
  CHECK(grad_scale_update(7, -9) == 6);
}

void require_initial(float magnitude) {
  const std::optional<int> gradscale = grad_scale_initial(magnitude);
  REQUIRE(gradscale.has_value());
  const double scaled = std::ldexp(static_cast<double>(magnitude), *gradscale);
  CAPTURE(magnitude, *gradscale);
  REQUIRE(scaled > 32);
  REQUIRE(scaled <= 64);
  REQUIRE(grad_scale_vote(magnitude, *gradscale) == 0);
}

TEST_CASE("The first scale puts every maximum above 32 and at most at 64") {
  INFO("seed " << kSeed);
  for (std::uint32_t code = 1; code < 0x7FFF; ++code) {
    require_initial(fp16_to_float(static_cast<Fp16Code>(code)));
  }
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 100'000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random()) & 0x7FFFFFFF;
    float magnitude = 0;
    std::memcpy(&magnitude, &bits, sizeof magnitude);
    if (std::isfinite(magnitude) && magnitude > 0) require_initial(magnitude);
  }
  CHECK_FALSE(grad_scale_initial(0.0F).has_value());
  CHECK_FALSE(grad_scale_initial(Limits::infinity()).has_value());
  CHECK_FALSE(grad_scale_initial(Limits::quiet_NaN()).has_value());
}

}  // namespace
}  // namespace nibble::testing
