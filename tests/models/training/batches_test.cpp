#include "models/training/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <catch2/catch.hpp>

#include "models/training/training_data.h"

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
  const ImageSamples set(numbered_images(100), grey_levels(), {true, 0});
  Batches batches(set, 100, 20, 3);
  REQUIRE(batches.per_epoch() == 5);
  std::vector<std::vector<int>> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<int> order;
    for (int b = 0; b < 5; ++b) {
      const Batch batch = batches.at(5 * epoch + b);
      CHECK(batch.samples == 20);
      CHECK(batch.step == static_cast<std::uint32_t>(5 * epoch + b));
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
  for (const bool flip : {true, false}) {
    const ImageSamples set(numbered_images(200), grey_levels(), {flip, 0});
    Batches batches(set, 200, 200, 3);
    const Batch batch = batches.at(0);
    int flipped = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      // Image 255 would look the same either way; there are only 200.
      flipped += fp16_to_float(batch.images[3 * i]) == 255 ? 1 : 0;
    }
    CHECK((flip ? flipped > 60 && flipped < 140 : flipped == 0));
  }
}

TEST_CASE("A step's batch depends on seed and step alone, a limit leaves the later images out") {
  const ImageSamples set(numbered_images(100), grey_levels(), {true, 1});
  Batches first(set, 50, 16, 3), second(set, 50, 16, 3), other(set, 50, 16, 4);
  CHECK(first.per_epoch() == 3);  // two images of each epoch are left out
  std::vector<Batch> forward;
  for (int step = 0; step < 7; ++step) forward.push_back(first.at(step));
  bool differs = false;
  for (int step = 6; step >= 0; --step) {
    const Batch& batch = forward[static_cast<std::size_t>(step)];
    CHECK(batch.images == second.at(step).images);
    CHECK(batch.labels == second.at(step).labels);
    differs = differs || batch.images != other.at(step).images;
  }
  CHECK(differs);
  const ImageSamples plain(numbered_images(100), grey_levels());
  const Batch batch = Batches(plain, 50, 16, 3).at(1);
  for (std::size_t k = 0; k < 16; ++k) CHECK(number_of(batch, k) < 50);
  CHECK_THROWS_AS(Batches(set, 8, 16, 3), std::invalid_argument);
  CHECK_THROWS_AS(Batches(set, 101, 16, 3), std::invalid_argument);
}

TEST_CASE("A crop shifts an image by every offset up to the padding and fills with background") {
  ImageSet image;
  image.count = 1;
  image.height = image.width = 5;
  image.pixels.assign(25, 0);
  image.pixels[12] = 200;  // the middle
  image.labels = {7};
  const ImageSamples set(image, normalised_grey(0.5, 1.0 / 255), {false, 2});
  const Fp16Code background = fp16_from_float(-127.5F);
  std::set<std::size_t> places;
  RandomSource random(1, 2);
  for (int i = 0; i < 1000; ++i) {
    Batch batch;
    set.append_varied(0, 0, random, batch);
    REQUIRE(batch.images.size() == 25);
    CHECK(std::count(batch.images.begin(), batch.images.end(), background) == 24);
    const auto bright = std::find_if(batch.images.begin(), batch.images.end(),
                                     [&](Fp16Code code) { return code != background; });
    places.insert(static_cast<std::size_t>(bright - batch.images.begin()));
  }
  CHECK(places.size() == 25);
}

TEST_CASE("A validation split takes the last images, and training never sees them") {
  TrainingTask task;
  task.validation = 30;
  const TrainingData data =
      image_data(numbered_images(100), numbered_images(10), grey_levels(), task);
  CHECK(data.train->count() == 70);
  CHECK(data.validation->count() == 30);
  CHECK(data.test->count() == 10);
  CHECK(number_of(plain_batch(*data.train, 0, 70), 69) == 69);
  CHECK(number_of(plain_batch(*data.validation, 0, 30), 0) == 70);
  CHECK(number_of(plain_batch(*data.validation, 0, 30), 29) == 99);
  task.validation = 100;
  CHECK_THROWS_WITH(image_data(numbered_images(100), numbered_images(10), grey_levels(), task),
                    Catch::Contains("leave none"));
}

TEST_CASE("Windows of a text lie one behind the other, and an epoch moves them all together") {
  TokenIds tokens(101);
  std::iota(tokens.begin(), tokens.end(), 0);
  const TextSamples set(TextWindows(tokens, 10), 4);
  REQUIRE(set.count() == 9);
  const Batch plain = plain_batch(set, 0, 9);
  CHECK(plain.tokens.size() == 90);
  for (std::int32_t i = 0; i < 90; ++i) {
    CHECK(plain.tokens[static_cast<std::size_t>(i)] == i);
    CHECK(plain.labels[static_cast<std::size_t>(i)] == i + 1);
  }
  RandomSource random(1, 2);
  std::set<std::int32_t> offsets;
  for (std::int64_t epoch = 0; epoch < 50; ++epoch) {
    Batch batch;
    for (std::int64_t i = 0; i < 9; ++i) set.append_varied(i, epoch, random, batch);
    const std::int32_t offset = batch.tokens[0];
    offsets.insert(offset);
    CHECK(batch.tokens[89] == offset + 89);
    CHECK(batch.labels[89] == offset + 90);
  }
  CHECK(offsets.size() > 8);
  CHECK(*offsets.rbegin() < 10);
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
