// What a checkpoint's file holds, and which are refused.
#include "models/training/checkpoint.h"

#include <functional>

#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"
#include "tests/models/training/stoppable_training.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using Catch::Contains;
using test::StoppableRun;

TEST_CASE("A checkpoint of another training is refused with the key that differs") {
  TrainingOptions options;
  const StoppableRun first = test::run(test::restless_task(), options, nullptr, 5);
  const auto refused = [&](const TrainingTask& task, const TrainingOptions& how, const char* text) {
    CHECK_THROWS_WITH(test::run(task, how, &first.checkpoints.back()), Contains(text));
  };
  TrainingTask task = test::restless_task();
  task.learning_rate = 0.25;
  refused(task, options, "settings/learning_rate is 0.05 there, 0.25 here");
  task = test::restless_task();
  task.epochs = 7;
  refused(task, options, "settings/epochs is 6 there, 7 here");
  options.seed = 2;
  refused(test::restless_task(), options, "seed is 1 there, 2 here");
  options.seed = 1;
  task = test::restless_task();
  task.recipe.scaling = RecipeScaling::none;
  refused(task, options, "settings/recipe/scaling is \"gradscale\" there, \"none\" here");
  options.trace_step = 2;
  refused(test::restless_task(), options, "has passed step");
  options.trace_step.reset();
  Checkpoint broken = first.checkpoints.back();
  broken.parameters.erase("conv2.weight");
  CHECK_THROWS_WITH(test::run(test::restless_task(), options, &broken),
                    Contains("has no parameter conv2.weight of this network"));
  broken = first.checkpoints.back();
  broken.parameters["conv9.weight"] = {1};
  CHECK_THROWS_WITH(test::run(test::restless_task(), options, &broken),
                    Contains("has parameters of another network"));
  broken = first.checkpoints.back();
  broken.progress.step = 61;
  CHECK_THROWS_WITH(test::run(test::restless_task(), options, &broken),
                    "is of step 61 with 5 updates, of a training of 60 steps");
  broken.progress.step = 4;
  CHECK_THROWS_AS(test::run(test::restless_task(), options, &broken), CheckpointRefused);
  broken = first.checkpoints.back();
  broken.states["act1.more"] = {1};
  CHECK_THROWS_WITH(test::run(test::restless_task(), options, &broken),
                    Contains("states of another network"));
}

TEST_CASE("A fault that is not the checkpoint's is not told of it") {
  TrainingOptions options;
  const StoppableRun first = test::run(test::restless_task(), options, nullptr, 5);
  options.trace_step = 99999;
  try {
    (void)test::run(test::restless_task(), options, &first.checkpoints.back());
    FAIL("taken");
  } catch (const CheckpointRefused&) {
    FAIL("told of the checkpoint");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()) ==
          "--trace-step: 99999 is no step of this training, allowed are 0 to 59 and last");
  }
}

TEST_CASE("A checkpoint of other data is refused") {
  const TrainingTask task = test::restless_task();
  const StoppableRun first = test::run(task, {}, nullptr, 5);
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
  TrainingData data = test::patterns(task);
  data.validation =
      std::make_unique<ImageSamples>(test::pattern_images(40, 4), test::pattern_grey());
  CHECK_THROWS_WITH(train(test::small_network(), task, {}, data, {}, &first.checkpoints.back()),
                    Contains("is of another training: data_crc32 is "));
}

TEST_CASE("libtorch's threads belong to a training in fp32 only") {
  TrainingOptions one, two;
  two.threads = 2;
  TrainingTask task = test::restless_task();
  const StoppableRun nibble = test::run(task, one, nullptr, 5);
  const StoppableRun with_one = test::run(task, one, &nibble.checkpoints.back());
  const StoppableRun with_two = test::run(task, two, &nibble.checkpoints.back());
  CHECK(with_two.checkpoints.back().parameters == with_one.checkpoints.back().parameters);
  CHECK(with_two.result.curve == with_one.result.curve);
  task.recipe.arithmetic = TrainingArithmetic::fp32;
  const StoppableRun fp32 = test::run(task, one, nullptr, 5);
  CHECK_THROWS_WITH(test::run(task, two, &fp32.checkpoints.back()),
                    "is of another training: threads is 1 there, 2 here");
}

TEST_CASE("A training that several engines share counts the steps of each") {
  TrainingOptions options;
  const StoppableRun first = test::run(test::restless_task(), options, nullptr, 5);
  options.engine = "rtl";
  const StoppableRun second = test::run(test::restless_task(), options, &first.checkpoints.back());
  const std::map<std::string, std::int64_t> steps = {{"model", 5}, {"rtl", 55}};
  CHECK(second.result.progress.engine_steps == steps);
  CHECK(second.checkpoints.back().progress.engine_steps == steps);
}

/// What the training says of its checkpoint after a change.
std::string refusal(const TrainingTask& task, const Checkpoint& good,
                    const std::function<void(Checkpoint&)>& change) {
  Checkpoint checkpoint = good;
  change(checkpoint);
  try {
    (void)test::run(task, {}, &checkpoint, 6);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "taken";
}

TEST_CASE("A checkpoint without the optimizer's moments, or with others, is refused") {
  for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::adam}) {
    TrainingTask task = test::restless_task();
    task.optimizer = optimizer;
    const Checkpoint good = test::run(task, {}, nullptr, 5).checkpoints.back();
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
  TrainingTask task = test::restless_task();
  Checkpoint good = test::run(task, {}, nullptr, 5).checkpoints.back();
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
  good = test::run(task, {}, nullptr, 5).checkpoints.back();
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
  const Checkpoint good = test::run(test::restless_task(), {}, nullptr, 5).checkpoints.back();
  for (const char* identity : {"7", "\"text\"", "null", "[]"}) {
    Checkpoint broken = good;
    broken.identity = identity;
    CHECK_THROWS_WITH(parse_checkpoint("c", checkpoint_bytes(broken)),
                      "c: metadata.identity: is not a JSON object");
  }
  SafetensorsFile file = parse_safetensors("c", checkpoint_bytes(good));
  const std::size_t place = file.json.find("checkpoint-3");
  REQUIRE(place != std::string::npos);
  file.json.replace(place, 12, "checkpoint-1");
  CHECK_THROWS_WITH(parse_checkpoint("c", safetensors_bytes(file)),
                    "c: metadata: schema is nibblesim-checkpoint-1, expected "
                    "nibblesim-checkpoint-3");
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
  const StoppableRun first = test::run(test::restless_task(), {}, nullptr, 5);
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
