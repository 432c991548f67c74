// A training whose GEMMs run through the Verilated tiles ends in the model engine's bytes.
#include <functional>
#include <random>
#include <utility>

#include <catch2/catch.hpp>

#include "models/trace/weights_file.h"
#include "models/training/batches.h"
#include "models/training/optimizer.h"
#include "models/training/trained_network.h"
#include "models/training/trainer.h"
#include "sim/tile/tile_gemm.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"

namespace nibble {
namespace {

TrainingTask tiny_task() {
  TrainingTask task = test::small_task();
  task.epochs = 1;
  // Sixteen lanes both: the small tiles, and reductions of many chunks.
  task.chunk_len = task.fp16_chunk_len = 16;
  return task;
}

TrainingResult train_tiny(const TrainingOptions& options) {
  const TrainingTask task = tiny_task();
  const TrainingData data = image_data(test::pattern_images(96, 1), test::pattern_images(20, 2),
                                       test::pattern_grey(), task);
  return train(test::small_network(), task, options, data);
}

TEST_CASE("A network trained on the Verilated tiles ends in the weights of the model engine") {
  TrainingOptions options;
  options.trace_step = -1;
  const TrainingResult model = train_tiny(options);
  TileGemm tiles(Engine::rtl, *widest_built_tile(TilePrecision::nibble4, 16),
                 widest_built_tile(TilePrecision::fp16, 16));
  options.gemm = std::ref(tiles);
  const TrainingResult rtl = train_tiny(options);
  CHECK(weights_bytes(test::small_network(), *rtl.weights) ==
        weights_bytes(test::small_network(), *model.weights));
  CHECK(trace_bytes(*rtl.trace) == trace_bytes(*model.trace));
  CHECK(rtl.curve == model.curve);
  // Every GEMM of every step: 14 passes of 6 steps and of the captured one. A gradient of stride 2
  // is up to four GEMMs.
  CHECK(tiles.work().gemms >= 14 * 7);
  CHECK(tiles.work().clocks > 0);
}

/// Parameters and states after two steps; an empty `gemm` is the model.
std::pair<std::vector<float>, NamedArrays> two_steps(const Network& network,
                                                     const TrainingTask& task,
                                                     const SampleSet& samples,
                                                     const GemmFunction& gemm) {
  TrainedNetwork trained(network, task, 1, gemm);
  Optimizer optimizer(task);
  Batches batches(samples, samples.count(), 8, 1);
  for (std::int64_t step = 0; step < 2; ++step) {
    REQUIRE_FALSE(trained.run(batches.at(step)).skipped);
    optimizer.step(trained.parameters(), 0.01);
    trained.finish_step();
  }
  std::vector<float> values;
  for (const ParameterArray& parameter : trained.parameters()) {
    values.insert(values.end(), parameter.value, parameter.value + parameter.count);
  }
  return {values, trained.states()};
}

void check_on_tiles(const Network& network, const TrainingTask& task, const SampleSet& samples) {
  TileGemm tiles(Engine::rtl, *widest_built_tile(TilePrecision::nibble4, 16),
                 widest_built_tile(TilePrecision::fp16, 16));
  CHECK(two_steps(network, task, samples, std::ref(tiles)) ==
        two_steps(network, task, samples, {}));
  CHECK(tiles.work().clocks > 0);
}

TEST_CASE("LSTM and attention train on the Verilated tiles as in the model, in either precision") {
  std::mt19937_64 random(5);
  TokenIds tokens;
  for (int i = 0; i < 200; ++i) {
    tokens.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
  }
  const TextSamples samples(TextWindows(tokens, test::kTinyTokens), 1);
  for (const LayerPrecision precision :
       {LayerPrecision::int4_fp4, LayerPrecision::int4_fp16, LayerPrecision::fp16}) {
    check_on_tiles(test::tiny_lstm(precision), tiny_task(), samples);
    check_on_tiles(test::tiny_transformer(precision), tiny_task(), samples);
  }
}

TEST_CASE("Every way to round radix-4 gradients trains on the tiles as in the model") {
  const ImageSamples samples(test::pattern_images(32, 1), test::pattern_grey());
  const auto check = [&](const auto& change) {
    TrainingTask task = tiny_task();
    change(task);
    check_on_tiles(test::small_network(), task, samples);
  };
  check([](TrainingTask& t) { t.recipe.wgrad.grid = GradientGrid::radix4_even; });
  check([](TrainingTask& t) {
    t.recipe.dgrad.rounding = t.recipe.wgrad.rounding = GradientRounding::stochastic;
  });
  check([](TrainingTask& t) { t.recipe.correction = GradientCorrection::projection; });
  check([](TrainingTask& t) { t.recipe.dgrad.both_phases = t.recipe.wgrad.both_phases = true; });
  check([](TrainingTask& t) { t.recipe.scaling = RecipeScaling::tensor_max; });
  check([](TrainingTask& t) { t.recipe.scaling = RecipeScaling::global; });
  check([](TrainingTask& t) { t.alpha_fit_every = 1; });
  check([](TrainingTask& t) { t.accumulator = AccumulatorType::fp16; });
}

TEST_CASE("The tiles' multiplications are those of the network's layers, none left out") {
  TileGemm tiles(Engine::rtl, *widest_built_tile(TilePrecision::nibble4, 16),
                 widest_built_tile(TilePrecision::fp16, 16));
  TrainingOptions options;
  options.gemm = std::ref(tiles);
  (void)train_tiny(options);
  std::int64_t macs = 0;
  const Network network = test::small_network();
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer)) continue;
    const bool first = layer.inputs.front() < 0;  // no dgrad
    for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
      if (first && pass == GemmPass::dgrad) continue;
      for (const LoweredGemm& gemm : lower_conv(conv_shape(layer, 96), pass)) macs += gemm.macs();
    }
  }
  CHECK(tiles.work().macs == macs);
}

TEST_CASE("Operands that no array multiplies are refused with the layer's name") {
  TileGemm tiles(Engine::model, {}, std::nullopt);
  GemmCall call;
  call.layer = "fc";
  call.shape = {1, 1, 1};
  const NibbleCode one = 1;
  Fp16Code result = 0;
  call.operands = GemmOperands::fp8;
  CHECK_THROWS_WITH(tiles(call, &one, &one, &result),
                    "layer fc: no array here multiplies its operands");
  call.operands = GemmOperands::fp16;
  CHECK_THROWS_WITH(tiles(call, &one, &one, &result),
                    "layer fc: no array here multiplies its operands");
  call.operands = GemmOperands::nibble;
  call.arithmetic.stream = StreamFormat::radix2;
  CHECK_THROWS_WITH(tiles(call, &one, &one, &result),
                    "layer fc: no array here multiplies its operands");
  call.arithmetic.stream = StreamFormat::u4;
  CHECK_NOTHROW(tiles(call, &one, &one, &result));
  CHECK(fp16_to_float(result) == 1);
}

TEST_CASE("The widest array of so many lanes is found, and none where none is built") {
  CHECK(widest_built_tile(TilePrecision::nibble4, 64)->cols == 64);
  CHECK(widest_built_tile(TilePrecision::fp16, 16)->cols == 16);
  CHECK_FALSE(widest_built_tile(TilePrecision::nibble4, 48));
}

}  // namespace
}  // namespace nibble
