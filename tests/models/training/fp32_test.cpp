// The FP32 reference learns a handful of samples by heart: what it is compared with must be able
// to.
#include <algorithm>
#include <random>

#include "models/training/fp32_network.h"
#include "models/training/optimizer.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

TrainingTask adam_task() {
  TrainingTask task = test::small_task();
  task.optimizer = OptimizerKind::adam;
  task.weight_decay = 0;
  return task;
}

/// Losses of the first and the last of `steps` steps on one batch.
std::pair<double, double> learn_by_heart(const Network& network, const Batch& batch, int steps,
                                         double rate) {
  const TrainingTask task = adam_task();
  Fp32Network net(network, task, 5);
  Optimizer optimizer(task);
  double first = 0, last = 0;
  for (int step = 0; step < steps; ++step) {
    last = net.run(batch).loss;
    if (step == 0) first = last;
    optimizer.step(net.parameters(), rate);
  }
  return {first, last};
}

/// Labels have nothing to do with the inputs: only by heart can they be known.
void random_labels(Batch& batch, std::size_t count, std::int32_t classes) {
  std::mt19937_64 random(11);
  for (std::size_t i = 0; i < count; ++i) {
    batch.labels.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(classes)));
  }
}

TEST_CASE("The FP32 reference learns random labels of images by heart, with one set of filters") {
  constexpr std::int64_t kImages = 12;
  Batch batch;
  batch.samples = kImages;
  batch.images = fp16_images(test::pattern_images(kImages, 3), 0, kImages, test::pattern_grey());
  random_labels(batch, kImages, 3);
  const auto [first, last] = learn_by_heart(test::small_network(), batch, 300, 0.02);
  CHECK(first > 0.7);
  CHECK(last < 0.005);
}

TEST_CASE("The FP32 reference learns random texts by heart, as LSTM and as Transformer") {
  constexpr std::int64_t kSequences = 3;
  for (const Network& network :
       {test::tiny_lstm(LayerPrecision::fp16), test::tiny_transformer(LayerPrecision::fp16)}) {
    INFO(network.layers[2].name);
    Batch batch;
    batch.samples = kSequences;
    std::mt19937_64 random(12);
    for (std::int64_t i = 0; i < kSequences * test::kTinyTokens; ++i) {
      batch.tokens.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
    }
    random_labels(batch, batch.tokens.size(), test::kTinyRows);
    const auto [first, last] = learn_by_heart(network, batch, 300, 0.02);
    CHECK(first > 1.5);
    CHECK(last < 0.005);
  }
}

}  // namespace
}  // namespace nibble
