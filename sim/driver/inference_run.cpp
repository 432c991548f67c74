#include "sim/driver/inference_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/layers/inference.h"
#include "models/layers/layer_names.h"
#include "models/trace/weights_file.h"
#include "sim/base/progress.h"
#include "sim/base/stopwatch.h"
#include "sim/tile/tile_gemm.h"

namespace nibble {
namespace {

/// The chip's arrays multiply 4-bit integers and fp16.
void check_operands(const Network& network, const std::string& file,
                    const NetworkWeights& weights) {
  if (weights.blocks) {
    throw bad_file(file, fmt::format("is of {} blocks", block_format(*weights.blocks).name),
                   "allowed are weights of int4_fp4 and fp16, which the chip's arrays multiply");
  }
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer)) continue;
    const GemmOperands operands = gemm_operands(layer.precision, GemmPass::forward);
    if (operands == GemmOperands::nibble || operands == GemmOperands::fp16) continue;
    throw bad_file(
        file, fmt::format("layer {} is of {}", layer.name, layer_precision_name(layer.precision)),
        "allowed is a forward pass in int4 or fp16, which the chip's arrays multiply");
  }
}

std::vector<Fp16Code> logits_of(const InferenceNetwork& network, const TestBatch& batch,
                                std::int64_t samples, const GemmFunction& gemm) {
  return batch.tokens.empty() ? network.logits(batch.images.data(), samples, gemm)
                              : network.logits(batch.tokens.data(), samples, gemm);
}

}  // namespace

InferenceInputs load_inference(const Experiment& experiment) {
  const InferenceExperiment& request = *experiment.inference;
  NetworkWeights weights = read_weights(request.weights_file, experiment.network);
  check_operands(experiment.network, request.weights_file, weights);
  check_arithmetic(experiment, request.weights_file,
                   {weights.chunk_len, weights.fp16_chunk_len, weights.accumulator});
  TestSamples samples = load_test_samples(weights.dataset, request.weights_file, experiment.network,
                                          request.dataset_folder);
  return {std::move(weights), std::move(samples)};
}

InferenceResult run_inference(const Experiment& experiment, const InferenceInputs& inputs,
                              Engine engine) {
  const NetworkWeights& weights = inputs.weights;
  InferenceResult result;
  result.task = weights.dataset;
  result.metric = weights.accuracy.metric;
  result.recipe = weights.recipe;
  result.trained_fp32 = weights.accuracy.fp32;
  result.trained_nibble4 = weights.accuracy.nibble4;
  result.samples = std::min(experiment.inference->images, inputs.samples.count());
  const InferenceNetwork network(experiment.network, weights);
  TileGemm tile_gemm(engine, experiment.chip.tile, experiment.chip.fp16_tile);
  Progress progress("inference", "samples", result.samples);
  for (std::int64_t first = 0; first < result.samples; first += kInferenceBatch) {
    const std::int64_t count = std::min(kInferenceBatch, result.samples - first);
    const TestBatch batch = inputs.samples.batch(first, count);
    const Stopwatch watch;
    const std::vector<Fp16Code> logits = logits_of(network, batch, count, std::ref(tile_gemm));
    result.compute_s += watch.seconds();
    const std::vector<Fp16Code> reference = logits_of(network, batch, count, fast_gemm);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      ++result.compared;
      if (logits[i] != reference[i]) ++result.mismatches;
    }
    const std::vector<int> guesses = network.classes_of(logits);
    for (std::size_t i = 0; i < guesses.size(); ++i) {
      if (guesses[i] == batch.labels[i]) ++result.correct;
    }
    result.predictions += static_cast<std::int64_t>(guesses.size());
    progress.advance(count);
    progress.refresh();
  }
  return result;
}

}  // namespace nibble
