// Data and network that do not fit are refused before anything is read out of bounds.
#include <stdexcept>

#include "models/training/fp32_network.h"
#include "models/training/trained_network.h"
#include "models/training/training_data.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

/// Of image data [3,4] with labels 0 and 1, or of a text of the ids 0 to 6 in windows of 6.
std::string misfit(const Network& network, bool is_text) {
  TrainingData data;
  if (is_text) {
    data.train =
        std::make_unique<TextSamples>(TextWindows({0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4}, 6), 1);
    data.test = std::make_unique<TextSamples>(TextWindows(TokenIds(12, 0), 6), 1);
  } else {
    ImageSet images;
    images.count = 2;
    images.height = 3;
    images.width = 4;
    images.pixels.resize(24);
    images.labels = {0, 1};
    data.train = std::make_unique<ImageSamples>(images, test::pattern_grey());
    images.labels = {0, 0};
    data.test = std::make_unique<ImageSamples>(images, test::pattern_grey());
  }
  try {
    check_data_fits(network, data);
  } catch (const std::invalid_argument& error) {
    const std::string text = error.what(), allowed = ", allowed is a network for such data";
    const std::size_t end = text.rfind(allowed);
    REQUIRE(end + allowed.size() == text.size());
    return text.substr(0, end);
  }
  return "fits";
}

Network classifier(FeatureShape input, std::int64_t classes) {
  Network network = test::network_of(input, {test::linear("fc", -1, classes, true)}, classes);
  infer_shapes(network);
  return network;
}

TEST_CASE("A network that does not fit the data is told what it reads and what the data are") {
  CHECK(misfit(classifier({3, 4, 1}, 2), false) == "fits");
  CHECK(misfit(classifier({3, 4, 1}, 3), false) == "fits");
  CHECK(misfit(classifier({3, 4, 1}, 1), false) ==
        "network kinds has 1 classes, the data have 2 different labels");
  CHECK(misfit(classifier({4, 4, 1}, 2), false) ==
        "network kinds reads images of 4x4x1, the data are images of 3x4x1");
  CHECK(misfit(classifier({3, 4, 3}, 2), false) ==
        "network kinds reads images of 3x4x3, the data are images of 3x4x1");
  const Network lstm = test::tiny_lstm(LayerPrecision::int4_fp4);
  CHECK(misfit(lstm, true) == "fits");
  CHECK(misfit(lstm, false) ==
        "network kinds reads sequences of 6 tokens, the data are images of 3x4x1");
  CHECK(misfit(classifier({6, 1, 1}, 7), true) ==
        "network kinds reads images of 6x1x1, the data are sequences of 6 tokens");
  Network other = lstm;
  other.layers.front().table_rows = 6;
  CHECK(misfit(other, true) ==
        "network kinds has 6 rows in layer embedding, the data have 7 different characters");
  other = lstm;
  other.layers.back().filters = other.classes = 5;
  infer_shapes(other);
  CHECK(misfit(other, true) == "network kinds has 5 classes, the data have 7 different characters");
  other = lstm;
  other.layers.back().flatten = true;
  infer_shapes(other);
  CHECK(misfit(other, true) == "network kinds gives 1 answers a sample, the data have 6 labels");
}

TEST_CASE("Neither arithmetic takes a batch of another shape, or a label that is no class") {
  TrainingTask task = test::small_task();
  const Network network = test::small_network();
  TrainedNetwork exact(network, task, 1);
  Fp32Network fp32(network, task, 1);
  const ImageSamples set(test::pattern_images(4, 1), test::pattern_grey());
  const auto refused = [&](const Batch& batch, const char* text) {
    CHECK_THROWS_WITH(exact.run(batch), Catch::Contains(text));
    CHECK_THROWS_WITH(fp32.run(batch), Catch::Contains(text));
    CHECK_THROWS_WITH(fp32.judge(batch), Catch::Contains(text));
  };
  const Batch good = plain_batch(set, 0, 4);
  CHECK_NOTHROW(exact.run(good));
  CHECK_NOTHROW(fp32.run(good));
  Batch batch = good;
  batch.images.pop_back();
  refused(batch, "another shape");
  batch = good;
  batch.labels.push_back(0);
  refused(batch, "other labels");
  batch = good;
  batch.labels.front() = static_cast<std::int32_t>(network.classes);
  refused(batch, "no class");
  batch.labels.front() = -1;
  refused(batch, "no class");
}

}  // namespace
}  // namespace nibble
