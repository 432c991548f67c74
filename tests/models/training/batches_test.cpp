#include "models/training/batches.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "tests/models/training/pattern_images.h"

namespace nibble {
namespace {

/// Images whose first pixel tells their number and whose last column is 255.
ImageSet numbered_images(std::int64_t count) {
  ImageSet set;
  set.count = count;
  set.height = 1;
  set.width = 3;
  for (std::int64_t i = 0; i < count; ++i) {
    set.pixels.insert(set.pixels.end(), {static_cast<std::uint8_t>(i), 0, 255});
    set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return set;
}

std::vector<Fp16Code> grey_levels() { return normalised_grey(0, 1.0 / 255); }

/// The number of image `i` of a batch; a flipped one has it in its last pixel.
int number_of(const Batch& batch, std::size_t i) {
  const float first = fp16_to_float(batch.images[3 * i]);
  const float last = fp16_to_float(batch.images[3 * i + 2]);
  return static_cast<int>(first == 255 ? last : first);
}

TEST_CASE("An epoch shows every image once, the next one in another order") {
  const ImageSet set = numbered_images(100);
  Batches batches(set, grey_levels(), 100, 20, true, 3);
  REQUIRE(batches.per_epoch() == 5);
  std::vector<std::vector<int>> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<int> order;
    for (int b = 0; b < 5; ++b) {
      const Batch batch = batches.next();
      for (std::size_t i = 0; i < 20; ++i) {
        order.push_back(number_of(batch, i));
        CHECK(batch.labels[i] == order.back() % 10);
      }
    }
    CHECK(std::set<int>(order.begin(), order.end()).size() == 100);
    orders.push_back(order);
  }
  CHECK(orders[0] != orders[1]);
  CHECK(orders[1] != orders[2]);
}

TEST_CASE("About half of the images are flipped, none without flip") {
  const ImageSet set = numbered_images(200);
  for (const bool flip : {true, false}) {
    Batches batches(set, grey_levels(), 200, 200, flip, 3);
    const Batch batch = batches.next();
    int flipped = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      // Image 255 would look the same either way; there are only 200.
      flipped += fp16_to_float(batch.images[3 * i]) == 255 ? 1 : 0;
    }
    CHECK((flip ? flipped > 60 && flipped < 140 : flipped == 0));
  }
}

TEST_CASE("The same seed gives the same batches; a limit leaves the later images out") {
  const ImageSet set = numbered_images(100);
  Batches first(set, grey_levels(), 50, 16, true, 3), second(set, grey_levels(), 50, 16, true, 3);
  Batches other(set, grey_levels(), 50, 16, true, 4);
  CHECK(first.per_epoch() == 3);  // two images of each epoch have to wait for the next
  bool differs = false;
  for (int i = 0; i < 6; ++i) {
    const Batch batch = first.next();
    CHECK(batch.images == second.next().images);
    differs = differs || batch.images != other.next().images;
    for (std::size_t k = 0; k < 16; ++k) CHECK(number_of(batch, k) < 50);
  }
  CHECK(differs);
  CHECK_THROWS_AS(Batches(set, grey_levels(), 8, 16, true, 3), std::invalid_argument);
  CHECK_THROWS_AS(Batches(set, grey_levels(), 101, 16, true, 3), std::invalid_argument);
}

TEST_CASE("Random numbers have the moments they should, and streams of a seed differ") {
  RandomSource random(1, 2), again(1, 2), other(1, 3);
  double sum = 0, squares = 0;
  bool differs = false;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    REQUIRE(x == again.normal());
    differs = differs || x != other.normal();
    sum += x;
    squares += x * x;
  }
  CHECK(differs);
  CHECK(std::abs(sum / kCount) < 0.02);
  CHECK(std::abs(squares / kCount - 1) < 0.02);
}

}  // namespace
}  // namespace nibble
