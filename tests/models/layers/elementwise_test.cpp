// The SFU's forward work of image networks where special values meet it; its arithmetic on numbers
// is tested by inference_test.cpp and pointwise_arithmetic_test.cpp.
#include "models/layers/elementwise.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/models/layers/small_network.h"

namespace nibble {
namespace {

using Codes = std::vector<Fp16Code>;

Layer pool_of(std::int64_t width, std::int64_t kernel, std::int64_t padding) {
  Layer layer = test::layer("pool", LayerKind::max_pool, {-1});
  layer.kernel = kernel;
  layer.padding = padding;
  layer.input_shape = {1, width, 1};
  layer.output_shape = {1, width + 2 * padding - kernel + 1, 1};
  return layer;
}

TEST_CASE("A max pool keeps NaN-infinity, at whatever place of the window it stands") {
  const Fp16Code one = fp16_from_float(1), two = fp16_from_float(2);
  const Codes last = {one, kFp16NanInfinity}, first = {kFp16NanInfinity, two};
  const Layer layer = pool_of(2, 3, 1);
  for (const Codes& x : {last, first}) {
    Codes y(2);
    max_pool(x.data(), 1, layer, y.data());
    CHECK(y == Codes(2, kFp16NanInfinity));
  }
}

TEST_CASE("A max pool of negative numbers is the one nearest zero, never the padding") {
  const Codes x = {fp16_from_float(-3), fp16_from_float(-2.5F), fp16_from_float(-70000)};
  const Layer layer = pool_of(3, 3, 1);
  Codes y(3);
  max_pool(x.data(), 1, layer, y.data());
  CHECK(y == Codes{x[1], x[1], x[1]});
}

TEST_CASE("Clipping and ReLU let no sign through, not even of zero or NaN-infinity") {
  const Codes x = {0x8000, fp16_from_float(-1), 0xFFFF, kFp16NanInfinity, fp16_from_float(3)};
  const Fp16Code alpha = fp16_from_float(2);
  Codes y(x.size());
  pact_clip(x.data(), 5, 2.0F, y.data());
  CHECK(y == Codes{0, 0, 0, alpha, alpha});
  relu(x.data(), 5, y.data());
  CHECK(y == Codes{0, 0, 0, kFp16NanInfinity, x[4]});
}

}  // namespace
}  // namespace nibble
