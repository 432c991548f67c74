// Loss and accuracy of an evaluation, held to sums over single logits in binary64.
#include "models/training/evaluation.h"

#include <cmath>
#include <random>

#include "models/training/fp32_network.h"
#include "models/training/trained_network.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

/// Of logits [labels, classes].
Evaluation wanted_of(const std::vector<double>& logits, const std::vector<std::int32_t>& labels,
                     std::size_t classes) {
  double loss = 0;
  int correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    double exponentials = 0;
    std::size_t answer = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      exponentials += std::exp(logits[i * classes + c]);
      if (logits[i * classes + c] > logits[i * classes + answer]) answer = c;
    }
    const auto label = static_cast<std::size_t>(labels[i]);
    loss += std::log(exponentials) - logits[i * classes + label];
    correct += answer == label ? 1 : 0;
  }
  const auto count = static_cast<double>(labels.size());
  return {loss / count, 100.0 * correct / count};
}

std::vector<double> numbers(const std::vector<Fp16Code>& codes) {
  std::vector<double> values;
  for (const Fp16Code code : codes) values.push_back(static_cast<double>(fp16_to_float(code)));
  return values;
}

void check_same(const Evaluation& got, const Evaluation& wanted) {
  CHECK(got.loss == Approx(wanted.loss).epsilon(1e-6));
  CHECK(got.accuracy_percent == Approx(wanted.accuracy_percent).epsilon(1e-12));
}

/// 60 sequences, so that a limit need not be whole batches of an evaluation.
TextSamples text() {
  std::mt19937_64 random(8);
  TokenIds tokens;
  for (std::int64_t i = 0; i < 61 * test::kTinyTokens; ++i) {
    tokens.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
  }
  return {TextWindows(tokens, test::kTinyTokens), 1};
}

TEST_CASE("A text's loss is the mean over all tokens of the exported weights' logits") {
  const TextSamples set = text();
  REQUIRE(set.count() == 60);
  for (const Network& network : {test::tiny_lstm(LayerPrecision::int4_fp4),
                                 test::tiny_transformer(LayerPrecision::int4_fp4)}) {
    const TrainedNetwork trained(network, test::small_task(), 3);
    const InferenceNetwork exported(network, trained.export_weights());
    for (const std::int64_t limit : {1, 2, 33, 60}) {
      const Batch batch = plain_batch(set, 0, limit);
      const std::vector<double> logits =
          numbers(exported.logits(batch.tokens.data(), limit, slow_gemm));
      INFO(limit << " sequences");
      check_same(evaluate(exported, set, limit, fast_gemm),
                 wanted_of(logits, batch.labels, test::kTinyRows));
    }
  }
}

TEST_CASE("An image set's loss is the mean over its images, also of a last batch that is smaller") {
  const Network network = test::small_network();
  const ImageSamples set(test::pattern_images(130, 2), test::pattern_grey());
  const TrainedNetwork trained(network, test::small_task(), 3);
  const InferenceNetwork exported(network, trained.export_weights());
  const Batch batch = plain_batch(set, 0, 130);
  const std::vector<double> logits = numbers(exported.logits(batch.images.data(), 130, slow_gemm));
  check_same(evaluate(exported, set, 130, fast_gemm), wanted_of(logits, batch.labels, 3));
}

TEST_CASE("FP32 is evaluated by the same sums") {
  const TextSamples set = text();
  const Network network = test::tiny_lstm(LayerPrecision::int4_fp4);
  Fp32Network fp32(network, test::small_task(), 3);
  const Batch batch = plain_batch(set, 0, 33);
  (void)fp32.run(batch);  // no layer of it behaves otherwise in training
  const std::vector<float> logits = fp32.logits();
  check_same(evaluate(fp32, set, 33),
             wanted_of({logits.begin(), logits.end()}, batch.labels, test::kTinyRows));
}

}  // namespace
}  // namespace nibble
