#include "models/training/trainer.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include <nlohmann/json.hpp>

#include "models/layers/inference.h"
#include "models/trace/replay.h"
#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
#include "models/training/metrics.h"
#include "models/training/step_capture.h"
#include "models/training/training_settings.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

TrainingResult train_small(const TrainingTask& task, const TrainingOptions& options,
                           const TrainingObserver& observer = {},
                           const Checkpoint* resumed = nullptr) {
  const TrainingData data = image_data(test::pattern_images(160, 1), test::pattern_images(90, 2),
                                       test::pattern_grey(), task);
  return train(test::small_network(), task, options, data, observer, resumed);
}

std::string weights_text(const TrainingResult& result) {
  return weights_bytes(test::small_network(), *result.weights);
}

TEST_CASE("Both arithmetics learn the patterns, images they never saw included") {
  for (const TrainingArithmetic arithmetic :
       {TrainingArithmetic::nibble, TrainingArithmetic::fp32}) {
    TrainingTask task = test::small_task();
    task.epochs = 15;
    task.recipe.arithmetic = arithmetic;
    const TrainingOptions options;
    std::int64_t steps = 0;
    TrainingObserver observer;
    observer.step = [&](const StepReport& report) {
      CHECK(report.step == ++steps);
      CHECK(report.steps == 150);
    };
    const TrainingResult result = train_small(task, options, observer);
    INFO("arithmetic " << static_cast<int>(arithmetic));
    CHECK(steps == 150);
    const std::vector<EpochResult>& epochs = result.progress.epochs;
    CHECK(epochs.size() == 15);
    CHECK(epochs.back().train_accuracy_percent > 97);
    CHECK(result.test.accuracy_percent > 95);
    CHECK(epochs.back().train_loss < 0.2 * epochs.front().train_loss);
  }
}

TEST_CASE("The same seed gives the same bytes, another seed others") {
  TrainingOptions options;
  options.trace_step = -1;
  const TrainingResult first = train_small(test::small_task(), options);
  const TrainingResult second = train_small(test::small_task(), options);
  CHECK(weights_text(first) == weights_text(second));
  CHECK(trace_bytes(*first.trace) == trace_bytes(*second.trace));
  options.seed = 2;
  CHECK(weights_text(first) != weights_text(train_small(test::small_task(), options)));
}

TEST_CASE("Capturing a step leaves no mark on the training") {
  TrainingOptions options;
  const TrainingResult plain = train_small(test::small_task(), options);
  for (const std::int64_t step : {0, 7, -1}) {
    options.trace_step = step;
    const TrainingResult traced = train_small(test::small_task(), options);
    INFO("step " << step);
    CHECK(weights_text(traced) == weights_text(plain));
    CHECK(traced.trace->step == (step < 0 ? 59 : step));
  }
}

TEST_CASE("A captured step fits alphas of its own and leaves the training's as they were") {
  TrainingTask task = test::small_task();
  task.alpha_fit_every = 1;
  TrainedNetwork network(test::small_network(), task, 1);
  const ImageSamples samples(test::pattern_images(16, 1), test::pattern_grey());
  const Batch batch = plain_batch(samples, 0, 16);
  const Trace trace = capture_step(network, task, batch, 4, 1);
  for (const auto& [layer, alpha] : network.alpha_values()) {
    INFO(layer);
    CHECK(alpha == 3);  // the initial one
  }
  (void)network.run(batch);
  for (const auto& [layer, alpha] : network.alpha_values()) CHECK(alpha != 3);
  CHECK(replay_all(trace).mismatches == 0);
}

TEST_CASE("A captured trace holds every pass in order and replays without a mismatch") {
  TrainingOptions options;
  options.trace_step = 30;
  options.trace_batch = 6;
  options.fp32_accuracy = 99.5;
  const TrainingResult result = train_small(test::small_task(), options);
  const std::string bytes = trace_bytes(*result.trace);
  const Trace trace = parse_trace("t", bytes);
  std::string order;
  std::int64_t results = 0;
  for (const TraceOperation& operation : trace.operations) {
    order += operation.layer + " " + "fdw"[static_cast<int>(operation.pass)] + ", ";
    CHECK(count_mismatches(trace, operation, fast_gemm) == 0);
    results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
  }
  // The shortcut runs after conv2 and is followed by it on the way back; conv1 has no dgrad.
  CHECK(order ==
        "conv1 f, conv2 f, shortcut f, conv3 f, fc f, fc d, fc w, conv3 d, conv3 w, "
        "shortcut d, shortcut w, conv2 d, conv2 w, conv1 w, ");
  CHECK(trace.batch == 6);
  CHECK(trace.accuracy.fp32 == 99.5);
  CHECK(trace.accuracy.nibble4 == result.test.accuracy_percent);
  CHECK(result.progress.trace->results == results);
  CHECK(result.progress.trace->mismatches == 0);
}

TEST_CASE("The reported accuracy is that of the exported weights, also with the reference GEMM") {
  const TrainingResult result = train_small(test::small_task(), {});
  const InferenceNetwork inference(test::small_network(), *result.weights);
  const ImageSet unseen = test::pattern_images(90, 2);
  const std::vector<Fp16Code> images = fp16_images(unseen, 0, 90, test::pattern_grey());
  const std::vector<int> classes = inference.classify(images.data(), 90, slow_gemm);
  int correct = 0;
  for (std::size_t i = 0; i < 90; ++i) correct += classes[i] == unseen.labels[i] ? 1 : 0;
  CHECK(result.test.accuracy_percent == Approx(correct / 0.9));
}

TEST_CASE("Alpha never falls below its floor, and every 4-bit layer has a gradscale") {
  TrainingTask task = test::small_task();
  task.alpha_decay = 0.5;
  task.alpha_floor = 2.5;
  const TrainingResult result = train_small(task, {});
  REQUIRE(result.alphas.size() == 2);
  for (const auto& [layer, alpha] : result.alphas) CHECK(alpha >= 2.5F);
  CHECK(result.alphas.at("act1") == 2.5F);
  CHECK(result.grad_scales.size() == 2);
}

TEST_CASE("Options that do not fit the data or the task are refused") {
  using Catch::Contains;
  const auto refused = [](auto change, const char* text) {
    TrainingOptions options;
    change(options);
    CHECK_THROWS_WITH(train_small(test::small_task(), options), Contains(text));
  };
  refused([](TrainingOptions& o) { o.limit_train = 161; }, "--limit-train: 161 of 160 images");
  refused([](TrainingOptions& o) { o.limit_train = 8; }, "batch: is 16, but there are 8 images");
  refused([](TrainingOptions& o) { o.limit_test = 91; }, "--limit-test: 91 of 90 images");
  refused([](TrainingOptions& o) { o.trace_step = 60; }, "--trace-step: 60 is no step");
  refused([](TrainingOptions& o) { o.trace_step = 1, o.trace_batch = 17; }, "--trace-batch: 17, ");
  TrainingTask task = test::small_task();
  for (const auto& [share, steps] : {std::pair(0.008, "0"), std::pair(0.992, "60")}) {
    task.finish = TrainingFinish{share, task.recipe, test::small_network()};
    CHECK_THROWS_WITH(train_small(task, {}),
                      Contains("finish.share: ") &&
                          Contains(std::string(" are ") + steps + " of this training's 60 steps"));
  }
  for (const double share : {0.009, 0.991}) {  // one step, all but one
    task.finish = TrainingFinish{share, task.recipe, test::small_network()};
    CHECK_NOTHROW(train_small(task, {}));
  }
}

TEST_CASE("What a trace cannot hold is told by layer before the training begins") {
  const auto fault = [](const auto& change) {
    TrainingTask task = test::small_task();
    Network network = test::small_network();
    change(task, network);
    try {
      check_captured_formats(network, task);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("held");
  };
  const std::string end =
      ", a trace holds layers in int4_fp4, both phases of radix-4 FP4 scaled by powers of two, and "
      "in fp16";
  CHECK(fault([](TrainingTask&, Network&) {}) == "held");
  CHECK(fault([](TrainingTask& task, Network&) {
          task.recipe.wgrad.rounding = GradientRounding::stochastic;
        }) == "held");
  CHECK(fault([](TrainingTask& task, Network&) {
          task.recipe.arithmetic = TrainingArithmetic::fp32;
        }) == "--trace-step: no trace: the training is in fp32" + end);
  CHECK(fault([](TrainingTask& task, Network&) {
          task.recipe.wgrad.grid = GradientGrid::radix2;
        }) == "--trace-step: no trace: layer conv2 has gradients in radix4_even and radix2" + end);
  CHECK(fault([](TrainingTask& task, Network&) {
          task.recipe.scaling = RecipeScaling::tensor_max;
        }) ==
        "--trace-step: no trace: layer conv2's gradients are scaled by their largest magnitude" +
            end);
  CHECK(fault([](TrainingTask& task, Network&) { task.recipe.blocks = kBlockRecipes[0]; }) ==
        "--trace-step: no trace: layer conv2 multiplies mxfp4" + end);
  CHECK(fault([](TrainingTask&, Network& network) {
          network.layers[3].precision = LayerPrecision::int4_fp8;
        }) == "--trace-step: no trace: layer conv2 is int4_fp8" + end);
  TrainingTask task = test::small_task();
  task.recipe.arithmetic = TrainingArithmetic::fp32;
  TrainingOptions options;
  options.trace_step = 1;
  CHECK_THROWS_WITH(train_small(task, options),
                    Catch::Contains("no trace: the training is in fp32"));
}

TEST_CASE("Metrics name the settings and the result") {
  TrainingOptions options;
  options.trace_step = -1;
  options.command = "nibblesim train x";
  const TrainingTask task = test::small_task();
  const TrainingResult result = train_small(task, options);
  const nlohmann::json metrics =
      nlohmann::json::parse(metrics_json(test::small_network(), task, options, result));
  CHECK(metrics["schema"] == "nibblesim-training-3");
  CHECK(metrics["command"] == "nibblesim train x");
  CHECK(metrics["recipe"] == "int4_fp4");
  CHECK(metrics["steps"] == 60);
  CHECK(metrics["epochs"].size() == 6);
  CHECK(metrics["test"]["accuracy_percent"] == result.test.accuracy_percent);
  CHECK(metrics["trace"]["mismatches"] == 0);
  CHECK(metrics["settings"]["pact"]["initial"] == 3);
}

TEST_CASE("The settings tell of every change of network, data and recipe") {
  const TrainingTask task = test::small_task();
  const auto difference = [&](const auto& change) {
    Network network = test::small_network();
    TrainingTask other = task;
    change(network, other);
    return settings_difference(settings_json(test::small_network(), task, {}).dump(),
                               settings_json(network, other, {}).dump());
  };
  CHECK(difference([](Network&, TrainingTask&) {}).empty());
  for (const auto& change : std::vector<std::function<void(Network&)>>{
           [](Network& n) { n.layers[12].bias = false; },
           [](Network& n) { n.layers[10].ceil_mode = true; }, [](Network& n) { n.input.h = 9; },
           [](Network& n) { n.layers[11].causal = true; }}) {
    CHECK(difference([&](Network& n, TrainingTask&) { change(n); }).find("network_crc32 is ") == 0);
  }
  CHECK(difference([](Network&, TrainingTask& t) { t.dataset = "other"; }) ==
        "dataset is \"none\" there, \"other\" here");
  CHECK(difference([](Network&, TrainingTask& t) { t.recipe.name = "mine"; }) ==
        "recipe/name is \"int4_fp4\" there, \"mine\" here");
  CHECK(difference([](Network& n, TrainingTask&) {
          n.layers[3].precision = LayerPrecision::fp16;
        }) == "precision/conv2 is \"int4_fp4\" there, \"fp16\" here");
}

TrainingData pattern_data(int seed, const TrainingTask& task) {
  return image_data(test::pattern_images(160, seed), test::pattern_images(30, 2),
                    test::pattern_grey(), task);
}

/// fp32_accuracy_from_metrics() of an fp32 training for a nibble one on the data of `seed`, which
/// is 1 for the former, or what it says.
std::string comparison(const TrainingTask& fp32, const TrainingOptions& fp32_options,
                       const TrainingTask& task, const TrainingOptions& options, int seed = 1) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "nibble_comparison.json").string();
  TrainingResult result;
  result.test.accuracy_percent = 90.5;
  result.data_crc32 = data_crc32(pattern_data(1, fp32));
  std::ofstream(path) << metrics_json(test::small_network(), fp32, fp32_options, result);
  try {
    const double accuracy = fp32_accuracy_from_metrics(path, test::small_network(), task, options,
                                                       pattern_data(seed, task));
    std::filesystem::remove(path);
    return accuracy == 90.5 ? "taken" : "another accuracy";
  } catch (const TraceError& error) {
    std::filesystem::remove(path);
    return error.what();
  }
}

TEST_CASE("Only the fp32 training of the same task, seed and settings is a comparison") {
  const TrainingTask task = test::small_task();
  TrainingTask fp32 = task;
  fp32.recipe.arithmetic = TrainingArithmetic::fp32;
  CHECK(comparison(fp32, {}, task, {}) == "taken");
  CHECK(comparison(task, {}, task, {}).find("not the metrics of an fp32 training") !=
        std::string::npos);
  TrainingTask other = task;
  other.alpha_initial = 2;  // fp32 has no alpha
  other.chunk_len = 16;
  CHECK(comparison(fp32, {}, other, {}) == "taken");
  const auto refused = [&](const TrainingTask& nibble, const TrainingOptions& options,
                           const char* text) {
    const std::string fault = comparison(fp32, {}, nibble, options);
    INFO(fault);
    CHECK(fault.find(text) != std::string::npos);
  };
  TrainingOptions options;
  options.seed = 9;
  refused(task, options, "of another training: seed is 1 there, 9 here");
  options = {};
  options.limit_train = 64;
  refused(task, options, "settings/limit_train is 0 there, 64 here");
  options = {};
  options.limit_test = 20;
  refused(task, options, "settings/limit_test is 0 there, 20 here");
  other = task;
  other.name = "another";
  refused(other, {}, "task is \"patterns\" there, \"another\" here");
  CHECK_THAT(comparison(fp32, {}, task, {}, 3), Catch::Contains("another training: data_crc32 is"));
}

TEST_CASE("The curve has a line every ten steps with every gradscale and alpha") {
  const std::string curve = train_small(test::small_task(), {}).curve;
  CHECK(curve.substr(0, curve.find('\n')) ==
        "step,epoch,loss,accuracy_percent,learning_rate,validation_loss,"
        "validation_accuracy_percent,gradscale.conv2,gradscale.conv3,alpha.act1,alpha.act2");
  CHECK(std::count(curve.begin(), curve.end(), '\n') == 7);
  CHECK(std::count(curve.begin(), curve.end(), ',') == 7 * 10);
  CHECK(curve.find("\n60,6,") != std::string::npos);
}

}  // namespace
}  // namespace nibble
