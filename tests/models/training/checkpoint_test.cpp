#include "models/training/checkpoint.h"

#include <functional>
#include <utility>

#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
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
  observer.checkpoint = [&](const Checkpoint& checkpoint) {
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
  broken.parameters["conv9.weight"] = {1};
  CHECK_THROWS_WITH(run(restless_task(), options, &broken),
                    Contains("has parameters of another network"));
  broken = first.checkpoints.back();
  broken.progress.step = 61;
  CHECK_THROWS_WITH(run(restless_task(), options, &broken),
                    "is of step 61 with 5 updates, of a training of 60 steps");
  broken.progress.step = 4;
  CHECK_THROWS_AS(run(restless_task(), options, &broken), CheckpointRefused);
  broken = first.checkpoints.back();
  broken.states["act1.more"] = {1};
  CHECK_THROWS_WITH(run(restless_task(), options, &broken), Contains("states of another network"));
}

TEST_CASE("A fault that is not the checkpoint's is not told of it") {
  TrainingOptions options;
  const Run first = run(restless_task(), options, nullptr, 5);
  options.trace_step = 99999;
  try {
    (void)run(restless_task(), options, &first.checkpoints.back());
    FAIL("taken");
  } catch (const CheckpointRefused&) {
    FAIL("told of the checkpoint");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()) ==
          "--trace-step: 99999 is no step of this training, allowed are 0 to 59 and last");
  }
}

TEST_CASE("A checkpoint of other data is refused") {
  const TrainingTask task = restless_task();
  const Run first = run(task, {}, nullptr, 5);
  const auto refused = [&](const ImageSet& train_images, const ImageSet& test_images) {
    const TrainingData data = image_data(train_images, test_images, test::pattern_grey(), task);
    CHECK_THROWS_WITH(train(test::small_network(), task, {}, data, {}, &first.checkpoints.back()),
                      Contains("is of another training: data_crc32 is "));
  };
  ImageSet images = test::pattern_images(200, 1);
  const ImageSet same_test = test::pattern_images(30, 2);
  images.pixels[7] ^= 1;
  refused(images, same_test);
  images.pixels[7] ^= 1;
  images.labels[3] = (images.labels[3] + 1) % 3;
  refused(images, same_test);
  refused(test::pattern_images(200, 1), test::pattern_images(30, 3));
}

TEST_CASE("Steps whose gradients are measured belong to the training that a checkpoint is of") {
  TrainingOptions options;
  options.gradient_steps = {{0, -1}, 0};
  const Run whole = run(restless_task(), options);
  const Run first = run(restless_task(), options, nullptr, 5);
  const auto resumed = [&](const GradientSteps& steps) {
    TrainingOptions how;
    how.gradient_steps = steps;
    return run(restless_task(), how, &first.checkpoints.back());
  };
  CHECK(resumed({{0, 59}, 0}).result.gradients == whole.result.gradients);
  CHECK_THROWS_WITH(resumed({{1, 2}, 0}),
                    Contains("gradient_steps is \"0,59\" there, \"1,2\" here"));
  CHECK_THROWS_WITH(resumed({}), Contains("gradient_steps is \"0,59\" there, none here"));
  CHECK_THROWS_WITH(resumed({{}, 10}), Contains("\"every:10\" here"));
}

TEST_CASE("The curve is told line by line, a resumed one at once as it was, and only grows") {
  const TrainingTask task = restless_task();
  const TrainingData data = image_data(test::pattern_images(200, 1), test::pattern_images(30, 2),
                                       test::pattern_grey(), task);
  std::vector<std::string> told;
  std::int64_t first_step = -1, step = 0;
  Checkpoint saved;
  TrainingObserver observer;
  observer.start = [&](const TrainingPlan& plan) {
    first_step = plan.done;
    CHECK(plan.steps == 60);
    CHECK(told.empty());
  };
  observer.curve = [&](const std::string& csv) {
    if (!told.empty()) CHECK(csv.compare(0, told.back().size(), told.back()) == 0);
    told.push_back(csv);
  };
  observer.checkpoint = [&](const Checkpoint& checkpoint) { saved = checkpoint; };
  observer.stop = [&] { return ++step == 25; };
  (void)train(test::small_network(), task, {}, data, observer);
  CHECK(first_step == 0);
  REQUIRE(told.size() == 2);  // steps 10 and 20
  const std::string before = std::exchange(told, {}).back();
  const TrainingResult whole = train(test::small_network(), task, {}, data, observer, &saved);
  CHECK(first_step == 25);
  CHECK(told.front() == before);
  CHECK(told.size() == 5);
  CHECK(told.back() == whole.curve);
}

TEST_CASE("A captured step is told at once, and a training that goes on behind it knows of it") {
  TrainingOptions options;
  options.trace_step = 2;
  options.trace_batch = 4;
  const TrainingTask task = restless_task();
  const TrainingData data = image_data(test::pattern_images(200, 1), test::pattern_images(30, 2),
                                       test::pattern_grey(), task);
  std::vector<std::string> order;
  std::int64_t step = 0;
  Checkpoint saved;
  TrainingObserver observer;
  observer.step = [&](const StepReport&) { order.push_back("step"); };
  observer.trace = [&](const Trace& trace, const TraceSummary& summary) {
    order.push_back("trace");
    CHECK(trace.step == 2);
    CHECK(summary.batch == 4);
    CHECK(summary.operations == static_cast<std::int64_t>(trace.operations.size()));
    CHECK(summary.results > 0);
    CHECK(summary.mismatches == 0);
  };
  observer.checkpoint = [&](const Checkpoint& checkpoint) {
    saved = parse_checkpoint("c", checkpoint_bytes(checkpoint));
  };
  observer.stop = [&] { return ++step == 5; };
  (void)train(test::small_network(), task, options, data, observer);
  CHECK(order == std::vector<std::string>{"step", "step", "trace", "step", "step", "step"});
  REQUIRE(saved.progress.trace);
  const Run resumed = run(task, options, &saved);
  CHECK_FALSE(resumed.result.trace);  // its step was in the run before
  CHECK(resumed.result.progress.trace->results == saved.progress.trace->results);
  options.trace_batch = 8;
  CHECK_THROWS_WITH(run(task, options, &saved), "is of step 5, behind the step to trace");
}

/// What the training says of its checkpoint after a change.
std::string refusal(const TrainingTask& task, const Checkpoint& good,
                    const std::function<void(Checkpoint&)>& change) {
  Checkpoint checkpoint = good;
  change(checkpoint);
  try {
    (void)run(task, {}, &checkpoint, 6);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "taken";
}

TEST_CASE("A checkpoint without the optimizer's moments, or with others, is refused") {
  for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::adam}) {
    TrainingTask task = restless_task();
    task.optimizer = optimizer;
    const Checkpoint good = run(task, {}, nullptr, 5).checkpoints.back();
    const auto refused = [&](const std::function<void(Checkpoint&)>& change) {
      return refusal(task, good, change);
    };
    CHECK(refused([](Checkpoint&) {}) == "taken");
    const std::string none = "has no moment conv1.weight.first of this optimizer";
    CHECK(refused([](Checkpoint& c) { c.moments.clear(); }) == none);
    CHECK(refused([](Checkpoint& c) { c.moments.erase("conv1.weight.first"); }) == none);
    CHECK(refused([](Checkpoint& c) { c.moments.at("conv1.weight.first").pop_back(); }) == none);
    CHECK(refused([](Checkpoint& c) { c.moments.at("conv1.weight.first").push_back(0); }) == none);
    CHECK(refused([](Checkpoint& c) { c.moments["more.first"] = {0}; }) ==
          "has moments of another optimizer");
    CHECK(refused([](Checkpoint& c) { c.updates = 0; }) == "has moments of another optimizer");
  }
}

TEST_CASE("A checkpoint's states are those of the network, and scales whole numbers in range") {
  TrainingTask task = restless_task();
  Checkpoint good = run(task, {}, nullptr, 5).checkpoints.back();
  REQUIRE(good.states.at("conv2.gradscale").size() == 1);
  for (const std::vector<float>& scale :
       {std::vector<float>{1, 2}, {NAN}, {1e30F}, {0.5F}, {INFINITY}, {-127}}) {
    CHECK(refusal(task, good, [&](Checkpoint& c) { c.states["conv2.gradscale"] = scale; }) ==
          "has no state conv2.gradscale of this network");
  }
  CHECK(refusal(task, good, [](Checkpoint& c) { c.states.erase("bn1.running_mean"); }) ==
        "has no state bn1.running_mean of this network");
  CHECK(refusal(task, good, [](Checkpoint& c) { c.states["bn1.running_mean"].push_back(1); }) ==
        "has no state bn1.running_mean of this network");

  task.recipe.scaling = RecipeScaling::global;
  good = run(task, {}, nullptr, 5).checkpoints.back();
  CHECK(refusal(task, good, [](Checkpoint&) {}) == "taken");
  CHECK(refusal(task, good, [](Checkpoint& c) { c.states.erase("loss_scale"); }) ==
        "has no state loss_scale of this network");
  for (const std::vector<float>& scale :
       {std::vector<float>{16}, {NAN, 0}, {25, 0}, {-1, 0}, {16.5F, 0}, {16, -1}, {16, 1, 1}}) {
    CHECK(refusal(task, good, [&](Checkpoint& c) { c.states["loss_scale"] = scale; }) ==
          "has no state loss_scale of this network");
  }
}

TEST_CASE("A checkpoint of another schema, or whose identity is no object, is told in one line") {
  const Checkpoint good = run(restless_task(), {}, nullptr, 5).checkpoints.back();
  for (const char* identity : {"7", "\"text\"", "null", "[]"}) {
    Checkpoint broken = good;
    broken.identity = identity;
    CHECK_THROWS_WITH(parse_checkpoint("c", checkpoint_bytes(broken)),
                      "c: metadata.identity: is not a JSON object");
  }
  SafetensorsFile file = parse_safetensors("c", checkpoint_bytes(good));
  const std::size_t place = file.json.find("checkpoint-2");
  REQUIRE(place != std::string::npos);
  file.json.replace(place, 12, "checkpoint-1");
  CHECK_THROWS_WITH(parse_checkpoint("c", safetensors_bytes(file)),
                    "c: metadata: schema is nibblesim-checkpoint-1, expected "
                    "nibblesim-checkpoint-2");
}

TEST_CASE("What grows with the training stands outside of the checkpoint's JSON document") {
  Checkpoint checkpoint;
  checkpoint.identity = "{}";
  checkpoint.curve = std::string(100000, 'c');
  checkpoint.gradients = "1,conv1,\"x\"\n";
  const std::string bytes = checkpoint_bytes(checkpoint);
  CHECK(parse_safetensors("c", bytes).json.size() < 1000);
  const Checkpoint back = parse_checkpoint("c", bytes);
  CHECK(back.curve == checkpoint.curve);
  CHECK(back.gradients == checkpoint.gradients);
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

}  // namespace
}  // namespace nibble
