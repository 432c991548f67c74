#include "sim/driver/inference_run.h"

#include <algorithm>
#include <stdexcept>

#include "models/datasets/fashion_mnist.h"
#include "models/layers/inference.h"
#include "models/trace/weights_file.h"
#include "sim/base/progress.h"
#include "sim/base/stopwatch.h"
#include "sim/tile/tile_gemm.h"

namespace nibble {

InferenceInputs load_inference(const Experiment& experiment) {
  const InferenceExperiment& request = *experiment.inference;
  InferenceInputs inputs{read_weights(request.weights_file, experiment.network),
                         load_fashion_mnist(Split::test, request.dataset_folder)};
  check_arithmetic(
      experiment, request.weights_file,
      {inputs.weights.chunk_len, inputs.weights.fp16_chunk_len, inputs.weights.accumulator});
  return inputs;
}

InferenceResult run_inference(const Experiment& experiment, const InferenceInputs& inputs,
                              Engine engine) {
  const NetworkWeights& weights = inputs.weights;
  const ImageSet& images = inputs.images;
  const std::vector<Fp16Code> grey = fashion_mnist_grey();

  InferenceResult result;
  result.task = weights.dataset;
  result.metric = weights.accuracy.metric;
  result.trained_fp32 = weights.accuracy.fp32;
  result.trained_nibble4 = weights.accuracy.nibble4;
  result.images = std::min(experiment.inference->images, images.count);
  const InferenceNetwork network(experiment.network, weights);
  TileGemm tile_gemm(engine, experiment.chip.tile, experiment.chip.fp16_tile);
  Progress progress("inference", "images", result.images);
  for (std::int64_t first = 0; first < result.images; first += kInferenceBatch) {
    const std::int64_t batch = std::min(kInferenceBatch, result.images - first);
    const std::vector<Fp16Code> input = fp16_images(images, first, batch, grey);
    const Stopwatch watch;
    const std::vector<Fp16Code> logits = network.logits(input.data(), batch, std::ref(tile_gemm));
    result.compute_s += watch.seconds();
    const std::vector<Fp16Code> reference = network.logits(input.data(), batch, fast_gemm);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      ++result.compared;
      if (logits[i] != reference[i]) ++result.mismatches;
    }
    const std::vector<int> guesses = network.classes_of(logits);
    for (std::size_t image = 0; image < guesses.size(); ++image) {
      if (guesses[image] == images.labels[static_cast<std::size_t>(first) + image]) {
        ++result.correct;
      }
    }
    progress.advance(batch);
    progress.refresh();
  }
  return result;
}

}  // namespace nibble
