#include "models/training/divergence.h"

#include "models/training/trainer.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_networks.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using Catch::Contains;

/// A network of which only what check_finite asks is there.
class HollowNetwork : public TrainableNetwork {
 public:
  std::vector<NonFiniteCount> outputs;
  BatchOutcome run(const Batch& /*batch*/) override { return {}; }
  std::vector<ParameterArray> parameters() override { return {}; }
  [[nodiscard]] NamedArrays states() const override { return {}; }
  void restore_states(const NamedArrays& /*states*/) override {}
  [[nodiscard]] std::vector<NonFiniteCount> non_finite_outputs() const override { return outputs; }
  [[nodiscard]] std::vector<float> logits() const override { return {}; }
};

TEST_CASE("What is not finite is told by layer, step and number") {
  HollowNetwork network;
  const std::vector<float> good = {1, 2};
  const std::vector<float> bad = {1, INFINITY, NAN};
  const ParameterArray fine{"a.weight", ParameterKind::weight, nullptr, good.data(), good.size()};
  const ParameterArray broken{"b.weight", ParameterKind::weight, nullptr, bad.data(), bad.size()};
  CHECK_NOTHROW(check_finite(network, {fine}, {1.0, 0}, 7, true));
  CHECK_THROWS_WITH(check_finite(network, {fine, broken}, {1.0, 0}, 7, false),
                    Contains("in step 7") && Contains("in the gradient of b.weight 2 of 3"));
  CHECK_THROWS_WITH(check_finite(network, {fine}, {NAN, 0}, 8, false), Contains("loss nan"));
  network.outputs = {{"conv1", 3, 40}, {"fc", 1, 2}};
  CHECK_NOTHROW(check_finite(network, {fine}, {1.0, 0}, 7, false));
  CHECK_THROWS_WITH(check_finite(network, {fine}, {1.0, 0}, 7, true),
                    Contains("codes put out by conv1 3 of 40, fc 1 of 2"));
  network.outputs = {{"a", 1, 2}, {"b", 1, 2}, {"c", 1, 2}, {"d", 1, 2}, {"e", 1, 2}};
  CHECK_THROWS_WITH(check_finite(network, {fine}, {1.0, 0}, 7, true),
                    Contains("put out by a 1 of 2, b 1 of 2, c 1 of 2 and 2 more"));
}

TEST_CASE("A training whose input overflows stops at once and names the first layer") {
  const TrainingTask task = test::small_task();
  std::vector<Fp16Code> grey = test::pattern_grey();
  grey[200] = kFp16NanInfinity;
  const TrainingData data =
      image_data(test::pattern_images(160, 1), test::pattern_images(30, 2), grey, task);
  CHECK_THROWS_WITH(train(test::small_network(), task, {}, data),
                    Contains("diverged in step 1") && Contains("codes put out by input ") &&
                        Contains(", conv1 "));
}

TEST_CASE("An alpha that overflows by its update is a divergence") {
  TrainingTask task = test::small_task();
  task.alpha_learning_rate = 1e38;
  task.learning_rate = 100;
  const TrainingData data = image_data(test::pattern_images(160, 1), test::pattern_images(30, 2),
                                       test::pattern_grey(), task);
  CHECK_THROWS_AS(train(test::small_network(), task, {}, data), TrainingDiverged);
  CHECK_THROWS_WITH(train(test::small_network(), task, {}, data),
                    Contains("diverged in step ") && Contains(": act") && Contains(".alpha is ") &&
                        Contains(" after the update"));
}

TEST_CASE("A test loss that is not finite is a divergence") {
  Network network = test::network_of({8, 8, 1}, {test::linear("fc", -1, 3, true)}, 3);
  infer_shapes(network);
  std::vector<Fp16Code> grey = test::pattern_grey();
  grey[255] = kFp16NanInfinity;  // which no image of the training has
  ImageSet test_images = test::pattern_images(30, 2);
  test_images.pixels[9] = 255;
  const TrainingTask task = test::small_task();
  const TrainingData data = image_data(test::pattern_images(160, 1), test_images, grey, task);
  CHECK_THROWS_AS(train(network, task, {}, data), TrainingDiverged);
  CHECK_THROWS_WITH(train(network, task, {}, data),
                    "the training diverged: the test loss is not finite after step 60");
}

}  // namespace
}  // namespace nibble
