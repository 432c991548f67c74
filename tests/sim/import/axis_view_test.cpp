// Views against arrays of numbers that are really reshaped and transposed.
#include "sim/import/axis_view.h"

#include <numeric>
#include <random>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

using Dims = std::vector<std::int64_t>;

constexpr std::int64_t kBatch = 2;
constexpr FeatureShape kShape = {3, 4, 12};

std::int64_t product(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

/// Element numbers of [N,H,W,C] in the order in which a view walks through them.
std::vector<std::int64_t> walk(const AxisView& view) {
  const Dims dims = extents(view);
  std::vector<std::int64_t> order;
  for (std::int64_t flat = 0; flat < product(dims); ++flat) {
    std::int64_t index[4] = {0, 0, 0, 0};  // along N, H, W, C
    std::int64_t rest = flat;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      std::int64_t place = rest % dims[axis];
      rest /= dims[axis];
      for (std::size_t i = view[axis].size(); i-- > 0;) {
        const Digit& digit = view[axis][i];
        index[static_cast<std::size_t>(digit.source)] += place % digit.extent * digit.stride;
        place /= digit.extent;
      }
    }
    order.push_back(((index[0] * kShape.h + index[1]) * kShape.w + index[2]) * kShape.c + index[3]);
  }
  return order;
}

/// The same for [N,C,H,W], from nested loops.
std::vector<std::int64_t> image_order() {
  std::vector<std::int64_t> order;
  for (std::int64_t n = 0; n < kBatch; ++n) {
    for (std::int64_t c = 0; c < kShape.c; ++c) {
      for (std::int64_t h = 0; h < kShape.h; ++h) {
        for (std::int64_t w = 0; w < kShape.w; ++w) {
          order.push_back(((n * kShape.h + h) * kShape.w + w) * kShape.c + c);
        }
      }
    }
  }
  return order;
}

std::vector<std::int64_t> transposed(const std::vector<std::int64_t>& values, const Dims& dims,
                                     const Dims& order) {
  std::vector<std::int64_t> result;
  for (std::int64_t flat = 0; flat < product(dims); ++flat) {
    std::int64_t rest = flat;
    Dims place(dims.size());
    for (std::size_t i = dims.size(); i-- > 0;) {
      const auto axis = static_cast<std::size_t>(order[i]);
      place[axis] = rest % dims[axis];
      rest /= dims[axis];
    }
    std::int64_t source = 0;
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
      source = source * dims[axis] + place[axis];
    result.push_back(values[static_cast<std::size_t>(source)]);
  }
  return result;
}

/// Joins and splits neighbouring axes.
Dims random_dims(std::int64_t count, std::mt19937& random) {
  Dims dims;
  while (count > 1 && dims.size() < 5) {
    Dims divisors;
    for (std::int64_t i = 1; i <= count; ++i) {
      if (count % i == 0) divisors.push_back(i);
    }
    dims.push_back(divisors[random() % divisors.size()]);
    count /= dims.back();
  }
  dims.push_back(count);
  return dims;
}

}  // namespace

TEST_CASE("an image's view walks through channels before pixels") {
  REQUIRE(walk(image_view(kBatch, kShape)) == image_order());
}

TEST_CASE("a view follows any chain of reshapes and transposes that it accepts") {
  const unsigned seed = 7;
  std::mt19937 random(seed);
  CAPTURE(seed);
  int regrouped = 0, refused = 0;
  for (int chain = 0; chain < 300; ++chain) {
    AxisView view = image_view(kBatch, kShape);
    std::vector<std::int64_t> values = image_order();
    for (int step = 0; step < 4; ++step) {
      const Dims dims = random_dims(product(extents(view)), random);
      if (const auto grouped = regroup(view, dims)) {
        view = *grouped;
        REQUIRE(extents(view) == dims);
        ++regrouped;
      } else {
        ++refused;
      }
      Dims order(view.size());
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), random);
      values = transposed(values, extents(view), order);
      view = transpose(view, order);
      REQUIRE(walk(view) == values);
    }
  }
  REQUIRE(regrouped > 200);
  REQUIRE(refused > 200);
}

TEST_CASE("splitting channels into heads and joining them again gives the first view") {
  const AxisView tokens = {whole_axis(Source::batch, 2), whole_axis(Source::height, 7),
                           whole_axis(Source::channel, 12)};
  const auto split = regroup(tokens, {2, 7, 4, 3});
  REQUIRE(split);
  const AxisView heads_first = transpose(*split, {0, 2, 1, 3});
  REQUIRE(heads_first[1] == Axis{{Source::channel, 3, 4}});
  REQUIRE(heads_first[3] == Axis{{Source::channel, 1, 3}});
  REQUIRE(regroup(transpose(heads_first, {0, 2, 1, 3}), {2, 7, 12}) == tokens);
  REQUIRE_FALSE(regroup(heads_first, {2, 7, 12}) == tokens);  // the transpose is missing
}

TEST_CASE("a reshape across digits that do not divide has no view") {
  const AxisView vector = {whole_axis(Source::height, 2), whole_axis(Source::channel, 3)};
  REQUIRE_FALSE(regroup(vector, {3, 2}));
  REQUIRE_FALSE(regroup(vector, {2, 2}));
  REQUIRE_FALSE(regroup(vector, {2, 3, 2}));
  REQUIRE(regroup(vector, {1, 6, 1}));
}

}  // namespace nibble
