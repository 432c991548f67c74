#include "models/training/evaluation.h"

#include <algorithm>

#include "models/layers/sequence_elementwise_softmax.h"
#include "models/training/fp32_network.h"

namespace nibble {
namespace {

constexpr std::int64_t kImagesAtOnce = 100, kSequencesAtOnce = 20;

/// `judge` is called with batch after batch.
template <typename Judge>
Evaluation evaluate_batches(const SampleSet& set, std::int64_t limit, const Judge& judge) {
  double loss = 0;
  std::int64_t labels = 0, correct = 0;
  const std::int64_t most = set.form().is_text ? kSequencesAtOnce : kImagesAtOnce;
  for (std::int64_t first = 0; first < limit; first += most) {
    const Batch batch = plain_batch(set, first, std::min(most, limit - first));
    const BatchOutcome outcome = judge(batch);
    loss += outcome.loss * static_cast<double>(batch.labels.size());
    labels += static_cast<std::int64_t>(batch.labels.size());
    correct += outcome.correct;
  }
  const auto all = static_cast<double>(labels);
  return {loss / all, 100.0 * static_cast<double>(correct) / all};
}

}  // namespace

Evaluation evaluate(const InferenceNetwork& network, const SampleSet& set, std::int64_t limit,
                    const GemmFunction& gemm) {
  return evaluate_batches(set, limit, [&](const Batch& batch) {
    const std::vector<Fp16Code> logits =
        batch.tokens.empty() ? network.logits(batch.images.data(), batch.samples, gemm)
                             : network.logits(batch.tokens.data(), batch.samples, gemm);
    const auto labels = static_cast<std::int64_t>(batch.labels.size());
    const CrossEntropy loss = cross_entropy(logits.data(), batch.labels.data(), labels,
                                            network.network().classes, 1.0F, nullptr);
    // Of equal logits the first one is the network's answer, so that the chip gives the same.
    const std::vector<int> answers = network.classes_of(logits);
    std::int64_t correct = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      correct += answers[i] == batch.labels[i] ? 1 : 0;
    }
    return BatchOutcome{static_cast<double>(loss.loss_sum) / static_cast<double>(labels), correct};
  });
}

Evaluation evaluate(Fp32Network& network, const SampleSet& set, std::int64_t limit) {
  return evaluate_batches(set, limit, [&](const Batch& batch) { return network.judge(batch); });
}

}  // namespace nibble
