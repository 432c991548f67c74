#include "models/training/checkpoint.h"

#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
#include "models/training/divergence.h"
#include "models/training/trainer.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using Catch::Contains;

/// A training of 6 epochs of 10 steps, with everything that is random.
TrainingTask restless_task() {
  TrainingTask task = test::small_task();
  task.flip = true;
  task.crop_padding = 1;
  task.validation = 40;
  task.clip_norm = 1;
  return task;
}

struct Run {
  TrainingResult result;
  std::vector<Checkpoint> checkpoints;  // as they come back from a file
};

/// `stop_at`: the step behind which the training is told to stop.
Run run(const TrainingTask& task, const TrainingOptions& options,
        const Checkpoint* resumed = nullptr, std::int64_t stop_at = -1) {
  const TrainingData data = image_data(test::pattern_images(200, 1), test::pattern_images(30, 2),
                                       test::pattern_grey(), task);
  Run run;
  std::int64_t steps = resumed != nullptr ? resumed->progress.step : 0;
  TrainingObserver observer;
  observer.checkpoint = [&](const Checkpoint& checkpoint, const std::string& /*curve*/) {
    run.checkpoints.push_back(parse_checkpoint("c", checkpoint_bytes(checkpoint)));
  };
  observer.stop = [&] { return ++steps == stop_at; };
  run.result = train(test::small_network(), task, options, data, observer, resumed);
  return run;
}

std::string weights_text(const TrainingResult& result) {
  return result.weights ? weights_bytes(test::small_network(), *result.weights) : "";
}

/// All but the times.
void check_same_end(const Run& got, const Run& wanted) {
  CHECK(weights_text(got.result) == weights_text(wanted.result));
  CHECK(got.result.curve == wanted.result.curve);
  CHECK(got.result.test.loss == wanted.result.test.loss);
  CHECK(got.result.progress.step == wanted.result.progress.step);
  const Checkpoint &last = got.checkpoints.back(), &other = wanted.checkpoints.back();
  CHECK(last.parameters == other.parameters);
  CHECK(last.states == other.states);
  CHECK(last.moments == other.moments);
  CHECK(last.command == other.command);
  REQUIRE(last.progress.epochs.size() == other.progress.epochs.size());
  for (std::size_t i = 0; i < last.progress.epochs.size(); ++i) {
    const EpochResult &epoch = last.progress.epochs[i], &same = other.progress.epochs[i];
    CHECK(epoch.train_loss == same.train_loss);
    CHECK(epoch.train_accuracy_percent == same.train_accuracy_percent);
    CHECK(epoch.validation->loss == same.validation->loss);
  }
}

TEST_CASE("A training that is stopped anywhere and resumed ends in the same bytes") {
  for (const TrainingArithmetic arithmetic :
       {TrainingArithmetic::nibble, TrainingArithmetic::fp32}) {
    for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::adam}) {
      TrainingTask task = restless_task();
      task.optimizer = optimizer;
      task.recipe.arithmetic = arithmetic;
      if (optimizer == OptimizerKind::adam) task.learning_rate = 0.01;
      TrainingOptions options;
      options.command = "the first";
      const Run whole = run(task, options);
      REQUIRE_FALSE(whole.result.interrupted);
      REQUIRE(whole.checkpoints.size() == 6);
      for (const std::int64_t step : {1, 10, 33}) {  // also where an epoch ends
        INFO("arithmetic " << static_cast<int>(arithmetic) << ", stopped at " << step);
        options.command = "the first";
        const Run first = run(task, options, nullptr, step);
        CHECK(first.result.interrupted);
        CHECK(first.checkpoints.back().progress.step == step);
        options.command = "the second";
        check_same_end(run(task, options, &first.checkpoints.back()), whole);
      }
    }
  }
}

/// The last 15 of 60 steps by a recipe that has weight gradients in another format.
TrainingTask task_with_finish(LayerPrecision precision) {
  TrainingTask task = restless_task();
  task.finish = TrainingFinish{0.25, task.recipe, test::small_network()};
  for (Layer& layer : task.finish->network.layers) {
    if (layer.precision == LayerPrecision::int4_fp4) layer.precision = precision;
  }
  return task;
}

TEST_CASE("A finish by the same recipe changes no byte, one by another changes those behind it") {
  const Run plain = run(restless_task(), {});
  const TrainingTask same = task_with_finish(LayerPrecision::int4_fp4);
  check_same_end(run(same, {}), plain);
  TrainingOptions options;
  options.checkpoint_every = 1;
  const Run every = run(restless_task(), options);
  for (const LayerPrecision precision :
       {LayerPrecision::int4_fp4_dw_fp8, LayerPrecision::int4_fp16}) {
    const Run other = run(task_with_finish(precision), options);
    for (const std::size_t step : {0, 44}) {
      CHECK(other.checkpoints[step].parameters == every.checkpoints[step].parameters);
    }
    CHECK(other.checkpoints[45].parameters != every.checkpoints[45].parameters);
    CHECK(other.result.grad_scales.empty() == (precision == LayerPrecision::int4_fp16));
  }
}

TEST_CASE("A training with a finish that is stopped before, at or in it ends in the same bytes") {
  const TrainingTask task = task_with_finish(LayerPrecision::int4_fp4_dw_fp8);
  const Run whole = run(task, {});
  for (const std::int64_t step : {44, 45, 46, 57}) {
    INFO("stopped at " << step);
    const Run first = run(task, {}, nullptr, step);
    check_same_end(run(task, {}, &first.checkpoints.back()), whole);
  }
}

TEST_CASE("Saving leaves no mark on a training, and comes as often as it should") {
  TrainingOptions options;
  const Run plain = run(restless_task(), options);
  options.checkpoint_every = 7;
  const Run often = run(restless_task(), options);
  CHECK(often.checkpoints.size() == 9);  // 7, 14, .. 56, and the end
  CHECK(often.checkpoints[2].progress.step == 21);
  CHECK(weights_text(often.result) == weights_text(plain.result));
  check_same_end(run(restless_task(), options, &often.checkpoints[2]), often);
}

TEST_CASE("The curve has a line every ten steps with every gradscale and alpha") {
  const Run whole = run(restless_task(), {});
  const std::string& curve = whole.result.curve;
  CHECK(curve.substr(0, curve.find('\n')) ==
        "step,epoch,loss,accuracy_percent,learning_rate,validation_loss,"
        "validation_accuracy_percent,gradscale.conv2,gradscale.conv3,alpha.act1,alpha.act2");
  CHECK(std::count(curve.begin(), curve.end(), '\n') == 7);
  CHECK(std::count(curve.begin(), curve.end(), ',') == 7 * 10);
  CHECK(curve.find("\n60,6,") != std::string::npos);
}

TEST_CASE("A checkpoint of another training is refused with the key that differs") {
  TrainingOptions options;
  const Run first = run(restless_task(), options, nullptr, 5);
  const auto refused = [&](const TrainingTask& task, const TrainingOptions& how, const char* text) {
    CHECK_THROWS_WITH(run(task, how, &first.checkpoints.back()), Contains(text));
  };
  TrainingTask task = restless_task();
  task.learning_rate = 0.25;
  refused(task, options, "settings/learning_rate is 0.05 there, 0.25 here");
  task = restless_task();
  task.epochs = 7;
  refused(task, options, "settings/epochs is 6 there, 7 here");
  options.seed = 2;
  refused(restless_task(), options, "seed is 1 there, 2 here");
  options.seed = 1;
  task = restless_task();
  task.recipe.scaling = RecipeScaling::none;
  refused(task, options, "settings/recipe/scaling is \"gradscale\" there, \"none\" here");
  options.trace_step = 2;
  refused(restless_task(), options, "is of step 5, behind the step to trace");
  options.trace_step.reset();
  Checkpoint broken = first.checkpoints.back();
  broken.parameters.erase("conv2.weight");
  CHECK_THROWS_WITH(run(restless_task(), options, &broken),
                    Contains("has no parameter conv2.weight of this network"));
  broken = first.checkpoints.back();
  broken.states["act1.more"] = {1};
  CHECK_THROWS_WITH(run(restless_task(), options, &broken), Contains("states of another network"));
}

TEST_CASE("A damaged checkpoint is told in one line") {
  const Run first = run(restless_task(), {}, nullptr, 5);
  const std::string bytes = checkpoint_bytes(first.checkpoints.back());
  CHECK_THROWS_AS(parse_checkpoint("c", bytes.substr(0, bytes.size() - 1)), TraceError);
  for (const std::size_t place : {std::size_t{20}, bytes.size() / 2, bytes.size() - 1}) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    CHECK_THROWS_WITH(parse_checkpoint("c", damaged), Catch::StartsWith("c: "));
  }
}

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
                    Contains("at step 7") && Contains("in the gradient of b.weight 2 of 3"));
  CHECK_THROWS_WITH(check_finite(network, {fine}, {NAN, 0}, 8, false), Contains("loss nan"));
  network.outputs = {{"conv1", 3, 40}, {"fc", 1, 2}};
  CHECK_NOTHROW(check_finite(network, {fine}, {1.0, 0}, 7, false));
  CHECK_THROWS_WITH(check_finite(network, {fine}, {1.0, 0}, 7, true),
                    Contains("codes put out by conv1 3 of 40, fc 1 of 2"));
}

TEST_CASE("A training whose input overflows stops at once and names the first layer") {
  const TrainingTask task = test::small_task();
  std::vector<Fp16Code> grey = test::pattern_grey();
  grey[200] = kFp16NanInfinity;
  const TrainingData data =
      image_data(test::pattern_images(160, 1), test::pattern_images(30, 2), grey, task);
  CHECK_THROWS_WITH(train(test::small_network(), task, {}, data),
                    Contains("diverged at step 0") && Contains("codes put out by input ") &&
                        Contains(", conv1 "));
}

}  // namespace
}  // namespace nibble
