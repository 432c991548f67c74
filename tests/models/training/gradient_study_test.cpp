// gradients.csv of a small network's training: what it holds, and that it leaves no mark.
#include "models/training/gradient_study.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "models/formats/fp4.h"
#include "models/trace/weights_file.h"
#include "models/training/trainer.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

TrainingResult train_small(const TrainingOptions& options, const TrainingObserver& observer = {},
                           const Checkpoint* resumed = nullptr) {
  const TrainingTask task = test::small_task();
  const TrainingData data = image_data(test::pattern_images(160, 1), test::pattern_images(90, 2),
                                       test::pattern_grey(), task);
  return train(test::small_network(), task, options, data, observer, resumed);
}

using Table = std::map<std::string, double>;  // "STEP,LAYER,QUANTITY,KEY" to the value

Table table_of(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "step,layer,quantity,key,value");
  Table table;
  while (std::getline(lines, line)) {
    const std::size_t comma = line.rfind(',');
    CHECK(table.emplace(line.substr(0, comma), std::stod(line.substr(comma + 1))).second);
  }
  return table;
}

/// Sum of the values whose name begins so.
double sum_of(const Table& table, const std::string& begin) {
  double sum = 0;
  for (const auto& [name, value] : table) {
    if (name.compare(0, begin.size(), begin) == 0) sum += value;
  }
  return sum;
}

TEST_CASE("Measuring gradients leaves no mark on the training") {
  TrainingOptions options;
  const TrainingResult plain = train_small(options);
  CHECK(plain.gradients.empty());
  options.gradient_steps = {{0, 7, -1}, 0};
  const TrainingResult measured = train_small(options);
  CHECK(weights_bytes(test::small_network(), *measured.weights) ==
        weights_bytes(test::small_network(), *plain.weights));
  CHECK(measured.curve == plain.curve);
  const Table table = table_of(measured.gradients);
  for (const char* step : {"0", "7", "59"}) {
    for (const char* layer : {"conv1", "conv2", "shortcut", "conv3", "fc"}) {
      const std::string begin = std::string(step) + "," + layer + ",";
      INFO(begin);
      CHECK(sum_of(table, begin + "histogram,") == Approx(1).margin(1e-4));
      const std::string name = layer;
      CHECK(table.count(begin + "gradscale,log2") == (name == "conv2" || name == "conv3" ? 1 : 0));
      CHECK(table.at(begin + "weight_gradient,odd.cosine") > 0.5);
      CHECK(table.at(begin + "variance,exact") > 0);
    }
    // The layers that are rounded, each as much.
    const auto error = [&](const char* layer) {
      return table.at(std::string(step) + "," + layer + ",threshold_error,1.6");
    };
    CHECK(error("all") == Approx((error("conv2") + error("conv3")) / 2).epsilon(1e-4));
  }
  CHECK(sum_of(table, "1,") == 0);
}

TEST_CASE("The levels measured are those of the step's trace") {
  TrainingOptions options;
  options.gradient_steps = {{7}, 0};
  options.trace_step = 7;
  options.trace_batch = test::small_task().batch;  // all of it, as the study takes
  const TrainingResult result = train_small(options);
  const Table table = table_of(result.gradients);
  for (const std::string layer : {"conv2", "conv3"}) {
    const std::vector<NibbleCode>& codes = result.trace->codes.at(layer + ".dy_even");
    std::map<int, double> shares;
    for (const NibbleCode code : codes) {
      shares[fp4_units(code)] += 1 / static_cast<double>(codes.size());
    }
    const std::string histogram = "7," + layer + ",histogram,";
    for (const auto& [key, units] : std::map<std::string, int>{
             {"-64", -4096}, {"-1", -64}, {"0", 0}, {"0.015625", 1}, {"0.25", 16}, {"16", 1024}}) {
      CHECK(table.at(histogram + key) == Approx(shares[units]).margin(1e-5));
    }
    const auto scale = std::find_if(
        result.trace->operations.begin(), result.trace->operations.end(),
        [&](const auto& op) { return op.layer == layer && op.pass == GemmPass::wgrad; });
    CHECK(table.at("7," + layer + ",gradscale,log2") == scale->gradscale);
  }
}

TEST_CASE("A training that is resumed has measured the steps before too") {
  TrainingOptions options;
  options.gradient_steps.every = 25;
  const std::string whole = train_small(options).gradients;
  const Table table = table_of(whole);
  for (const char* step : {"0,", "25,", "50,"}) CHECK(sum_of(table, step) != 0);
  std::optional<Checkpoint> saved;
  TrainingObserver observer;
  observer.checkpoint = [&](const Checkpoint& checkpoint) {
    if (checkpoint.progress.step == 30) {
      saved = parse_checkpoint("c", checkpoint_bytes(checkpoint));
    }
  };
  (void)train_small(options, observer);
  REQUIRE(saved.has_value());
  CHECK(train_small(options, {}, &*saved).gradients == whole);
}

TEST_CASE("Steps that a training does not have are refused, and all of an fp32 training") {
  CHECK_NOTHROW(GradientStudy({{59, -60}, 0}, 60, TrainingArithmetic::nibble));
  CHECK_NOTHROW(GradientStudy({}, 60, TrainingArithmetic::fp32));
  CHECK_THROWS_WITH(GradientStudy({{}, 5}, 60, TrainingArithmetic::fp32),
                    "--gradient-steps: an fp32 training has no fp16 gradients to measure");
  for (const std::int64_t step : {60, -61}) {
    CHECK_THROWS_WITH(GradientStudy({{step}, 0}, 60, TrainingArithmetic::nibble),
                      "--gradient-steps: " + std::to_string(step) +
                          " is no step of this training, allowed are 0 to 59 and last");
  }
}

}  // namespace
}  // namespace nibble
