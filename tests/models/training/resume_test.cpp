// A training that is interrupted and goes on from its checkpoint ends in the bytes of one that was
// not, whatever it has of state: every optimizer, recipe and kind of network.
#include <utility>

#include "models/trace/weights_file.h"
#include "tests/models/training/stoppable_training.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using Catch::Contains;
using test::StoppableRun;

std::string weights_text(const TrainingResult& result) {
  return result.weights ? weights_bytes(test::small_network(), *result.weights) : "";
}

/// All but the times.
void check_same_end(const StoppableRun& got, const StoppableRun& wanted) {
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
      TrainingTask task = test::restless_task();
      task.optimizer = optimizer;
      task.recipe.arithmetic = arithmetic;
      if (optimizer == OptimizerKind::adam) task.learning_rate = 0.01;
      TrainingOptions options;
      options.command = "the first";
      const StoppableRun whole = test::run(task, options);
      REQUIRE_FALSE(whole.result.interrupted);
      REQUIRE(whole.checkpoints.size() == 6);
      for (const std::int64_t step : {1, 10, 33}) {  // also where an epoch ends
        INFO("arithmetic " << static_cast<int>(arithmetic) << ", stopped at " << step);
        options.command = "the first";
        const StoppableRun first = test::run(task, options, nullptr, step);
        CHECK(first.result.interrupted);
        CHECK(first.checkpoints.back().progress.step == step);
        options.command = "the second";
        check_same_end(test::run(task, options, &first.checkpoints.back()), whole);
      }
    }
  }
}

struct NamedRecipe {
  const char* name;
  void (*change)(TrainingTask& task);
};
constexpr NamedRecipe kRecipes[] = {
    {"the paper's", [](TrainingTask&) {}},
    {"stochastic",
     [](TrainingTask& task) {
       task.recipe.dgrad.rounding = task.recipe.wgrad.rounding = GradientRounding::stochastic;
     }},
    {"one scale of the loss",
     [](TrainingTask& task) { task.recipe.scaling = RecipeScaling::global; }},
    {"a scale a tensor",
     [](TrainingTask& task) { task.recipe.scaling = RecipeScaling::tensor_max; }},
    {"fitted alphas", [](TrainingTask& task) { task.alpha_fit_every = 4; }},
    {"MXFP4, stochastic", [](TrainingTask& task) { task.recipe.blocks = kBlockRecipes[1]; }},
    {"NVFP4", [](TrainingTask& task) { task.recipe.blocks = kBlockRecipes[2]; }}};
static_assert(kBlockRecipes[1].name == "mxfp4_stochastic" && kBlockRecipes[2].name == "nvfp4");

TEST_CASE("Every recipe is resumed to the same bytes, on images and on text") {
  struct Learned {
    Network network;
    TrainingData (*data)(const TrainingTask& task);
  };
  const Learned learned[] = {{test::small_network(), test::patterns},
                             {test::tiny_lstm(LayerPrecision::int4_fp4), test::random_text},
                             {test::tiny_transformer(LayerPrecision::int4_fp4), test::random_text}};
  for (const auto& [network, data] : learned) {
    for (const NamedRecipe& recipe : kRecipes) {
      INFO(network.layers.back().name << " of " << network.layers.size() << " layers, "
                                      << recipe.name);
      TrainingTask task = test::restless_task();
      task.epochs = 2;
      recipe.change(task);
      const TrainingData samples = data(task);
      const StoppableRun whole = test::run(network, task, samples, {});
      const StoppableRun first = test::run(network, task, samples, {}, nullptr, 13);
      const StoppableRun second = test::run(network, task, samples, {}, &first.checkpoints.back());
      CHECK(first.result.interrupted);
      CHECK(second.checkpoints.back().parameters == whole.checkpoints.back().parameters);
      CHECK(second.checkpoints.back().states == whole.checkpoints.back().states);
      CHECK(second.result.curve == whole.result.curve);
      CHECK(second.result.test.loss == whole.result.test.loss);
    }
  }
}

/// The last 15 of 60 steps by a recipe that has weight gradients in another format.
TrainingTask task_with_finish(LayerPrecision precision) {
  TrainingTask task = test::restless_task();
  task.finish = TrainingFinish{0.25, task.recipe, test::small_network()};
  for (Layer& layer : task.finish->network.layers) {
    if (layer.precision == LayerPrecision::int4_fp4) layer.precision = precision;
  }
  return task;
}

TEST_CASE("A finish by the same recipe changes no byte, one by another changes those behind it") {
  const StoppableRun plain = test::run(test::restless_task(), {});
  const TrainingTask same = task_with_finish(LayerPrecision::int4_fp4);
  check_same_end(test::run(same, {}), plain);
  TrainingOptions options;
  options.checkpoint_every = 1;
  const StoppableRun every = test::run(test::restless_task(), options);
  for (const LayerPrecision precision :
       {LayerPrecision::int4_fp4_dw_fp8, LayerPrecision::int4_fp8_dw_fp4,
        LayerPrecision::int4_fp16}) {
    const StoppableRun other = test::run(task_with_finish(precision), options);
    for (const std::size_t step : {0, 44}) {
      CHECK(other.checkpoints[step].parameters == every.checkpoints[step].parameters);
    }
    CHECK(other.checkpoints[45].parameters != every.checkpoints[45].parameters);
    CHECK(other.result.grad_scales.empty() == (precision == LayerPrecision::int4_fp16));
  }
}

TEST_CASE("A training with a finish that is stopped before, at or in it ends in the same bytes") {
  const TrainingTask task = task_with_finish(LayerPrecision::int4_fp4_dw_fp8);
  const StoppableRun whole = test::run(task, {});
  for (const std::int64_t step : {44, 45, 46, 57}) {
    INFO("stopped at " << step);
    const StoppableRun first = test::run(task, {}, nullptr, step);
    check_same_end(test::run(task, {}, &first.checkpoints.back()), whole);
  }
}

TEST_CASE("Saving leaves no mark on a training, and comes as often as it should") {
  TrainingOptions options;
  const StoppableRun plain = test::run(test::restless_task(), options);
  options.checkpoint_every = 7;
  const StoppableRun often = test::run(test::restless_task(), options);
  CHECK(often.checkpoints.size() == 9);  // 7, 14, .. 56, and the end
  CHECK(often.checkpoints[2].progress.step == 21);
  CHECK(weights_text(often.result) == weights_text(plain.result));
  check_same_end(test::run(test::restless_task(), options, &often.checkpoints[2]), often);
}

TEST_CASE("Steps whose gradients are measured belong to the training that a checkpoint is of") {
  TrainingOptions options;
  options.gradient_steps = {{0, -1}, 0};
  const StoppableRun whole = test::run(test::restless_task(), options);
  const StoppableRun first = test::run(test::restless_task(), options, nullptr, 5);
  const auto resumed = [&](const GradientSteps& steps) {
    TrainingOptions how;
    how.gradient_steps = steps;
    return test::run(test::restless_task(), how, &first.checkpoints.back());
  };
  CHECK(resumed({{0, 59}, 0}).result.gradients == whole.result.gradients);
  CHECK_THROWS_WITH(resumed({{1, 2}, 0}),
                    Contains("gradient_steps is \"0,59\" there, \"1,2\" here"));
  CHECK_THROWS_WITH(resumed({}), Contains("gradient_steps is \"0,59\" there, none here"));
  CHECK_THROWS_WITH(resumed({{}, 10}), Contains("\"every:10\" here"));
}

TEST_CASE("The curve is told line by line, a resumed one at once as it was, and only grows") {
  const TrainingTask task = test::restless_task();
  const TrainingData data = test::patterns(task);
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
  const TrainingTask task = test::restless_task();
  const TrainingData data = test::patterns(task);
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
  const StoppableRun resumed = test::run(task, options, &saved);
  CHECK_FALSE(resumed.result.trace);  // its step was in the run before
  CHECK(resumed.result.progress.trace->results == saved.progress.trace->results);
  options.trace_batch = 8;
  CHECK_THROWS_WITH(test::run(task, options, &saved),
                    Catch::Contains("has passed step") &&
                        Catch::Contains("which is to be traced; allowed are 5 to "));
}

}  // namespace
}  // namespace nibble
