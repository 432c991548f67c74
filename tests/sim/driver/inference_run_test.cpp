// Test images through the tiles: the committed weights, the distribution's images.
#include "sim/driver/inference_run.h"

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"

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

TEST_CASE("Weights made with other chunks than the chip's lanes are refused") {
  for (const char* set : {"chip.tile.lanes=32", "chip.fp16_tile.lanes=64"}) {
    CHECK_THROWS_AS(load_inference(quickstart({set})), BadInput);
  }
}

}  // namespace nibble
