// The files of configs/traces: what they claim is computed again.
#include <catch2/catch.hpp>

#include "models/datasets/fashion_mnist.h"
#include "models/layers/inference.h"
#include "models/trace/replay.h"
#include "models/trace/weights_file.h"
#include "sim/config/network_reader.h"

namespace nibble {
namespace {

const std::string kConfigs = NIBBLE_SOURCE_DIR "/configs/";

TEST_CASE("Every operation of the committed trace replays to the stored results") {
  const Trace trace = read_trace(kConfigs + "traces/resnet8_w16_step.safetensors");
  CHECK(trace.operations.size() == 29);
  for (const TraceOperation& operation : trace.operations) {
    INFO(operation.layer << ", pass " << static_cast<int>(operation.pass));
    CHECK(count_mismatches(trace, operation, fast_gemm) == 0);
  }
}

TEST_CASE("The committed weights reach the test accuracy they claim") {
  const Network network = read_network(kConfigs + "networks/resnet8_w16.yaml");
  const InferenceNetwork inference(
      network, read_weights(kConfigs + "traces/resnet8_w16_weights.safetensors", network));
  const ImageSet set = load_fashion_mnist(Split::test);
  const std::vector<Fp16Code> grey = fashion_mnist_grey();
  const std::int64_t batch = 100;
  int correct = 0;
  for (std::int64_t first = 0; first < set.count; first += batch) {
    const std::vector<Fp16Code> images = fp16_images(set, first, batch, grey);
    const std::vector<int> classes = inference.classify(images.data(), batch, fast_gemm);
    for (std::int64_t i = 0; i < batch; ++i) {
      const int label = set.labels[static_cast<std::size_t>(first + i)];
      correct += classes[static_cast<std::size_t>(i)] == label ? 1 : 0;
    }
  }
  CHECK(correct / 100.0 == inference.weights().accuracy.nibble4);
}

}  // namespace
}  // namespace nibble
