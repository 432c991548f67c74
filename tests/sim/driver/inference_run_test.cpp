// Test images through the tiles: the committed weights, the distribution's images.
#include "sim/driver/inference_run.h"

#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "models/datasets/fashion_mnist.h"
#include "models/datasets/text_corpus.h"
#include "models/trace/weights_file.h"
#include "sim/base/bad_input.h"
#include "tests/models/layers/tiny_sequences.h"

namespace nibble {
namespace {

Experiment quickstart(const std::vector<std::string>& sets) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_experiment(NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml", overrides);
}

}  // namespace

TEST_CASE("Logits of the Verilated tiles equal the model's, and classes those of the model tiles") {
  const Experiment experiment = quickstart({"inference.images=3"});
  const InferenceInputs inputs = load_inference(experiment);
  const InferenceResult rtl = run_inference(experiment, inputs, Engine::rtl);
  const InferenceResult model = run_inference(experiment, inputs, Engine::model);
  CHECK(rtl.samples == 3);
  CHECK(rtl.compared == 3 * experiment.network.classes);
  CHECK(rtl.mismatches == 0);
  CHECK(model.mismatches == 0);
  CHECK(rtl.correct == model.correct);
}

TEST_CASE("A last batch that is not full counts its images once, and most are recognised") {
  const Experiment experiment = quickstart({"inference.images=70"});
  const InferenceResult result =
      run_inference(experiment, load_inference(experiment), Engine::model);
  CHECK(result.samples == 70);
  CHECK(result.compared == 70 * experiment.network.classes);
  CHECK(result.mismatches == 0);
  // The trained network is right on nine of ten; guessing on one of ten.
  CHECK(result.correct > 50);
  CHECK(result.correct <= 70);
  CHECK(result.percent() == Approx(100.0 * static_cast<double>(result.correct) / 70));
}

TEST_CASE("Test samples are those of the weights' data set, in the shape that the network reads") {
  const Network images = quickstart({}).network;
  const Network text = test::tiny_lstm(LayerPrecision::int4_fp4);
  const auto load = [](const std::string& dataset, const Network& network) {
    return load_test_samples(dataset, "w.safetensors", network, kFashionMnistFolder);
  };
  CHECK(load("fashion-mnist", images).count() == 10'000);
  const TestSamples windows = load("bible-kjv", text);
  CHECK(windows.count() == (202'035 - 6) / 6);  // the test text in windows of six characters
  const TestBatch batch = windows.batch(10, 2);
  REQUIRE(batch.tokens.size() == 12);
  CHECK(std::equal(batch.tokens.begin() + 1, batch.tokens.end(), batch.labels.begin()));
  CHECK(batch.tokens == bible_vocabulary().encode(bible_corpus().test.substr(60, 12)));

  Network larger = images, longer = text;
  larger.input.h = 56;
  longer.input.h = 300'000;
  for (const Network& network : {larger, text}) {
    CHECK_THROWS_WITH(load("fashion-mnist", network),
                      Catch::Contains("w.safetensors: is of fashion-mnist, which network"));
  }
  for (const Network& network : {longer, images}) {
    CHECK_THROWS_WITH(load("bible-kjv", network),
                      Catch::Contains("is of bible-kjv, which network"));
  }
  CHECK_THROWS_WITH(
      load("imagenet", images),
      "w.safetensors: is of data set imagenet, allowed are fashion-mnist and bible-kjv");
}

TEST_CASE("The files of a test set are told by the weights' data set, and are there") {
  const Experiment experiment = quickstart({});
  const std::string dataset = weights_dataset(experiment.inference->weights_file);
  CHECK(dataset == "fashion-mnist");
  const std::vector<std::string> images = test_sample_files(dataset, kFashionMnistFolder);
  CHECK(images.size() == 2);
  std::vector<std::string> all = test_sample_files("bible-kjv", "nowhere");
  CHECK(all.size() == 1);
  all.insert(all.end(), images.begin(), images.end());
  for (const std::string& file : all) CHECK(std::filesystem::is_regular_file(file));
  CHECK(test_sample_files("imagenet", kFashionMnistFolder).empty());
}

TEST_CASE("Weights made with other chunks than the chip's lanes are refused") {
  for (const char* set : {"chip.tile.lanes=32", "chip.fp16_tile.lanes=64"}) {
    CHECK_THROWS_AS(load_inference(quickstart({set})), BadInput);
  }
}

}  // namespace nibble
