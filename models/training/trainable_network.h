// What the trainer needs of a network: one batch forward and backward, and parameters for an
// optimizer. TrainedNetwork is NUMERICS' arithmetic, Fp32Network plain libtorch for comparison;
// both start from the same weights.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "models/training/batches.h"

namespace nibble {

struct BatchOutcome {
  double loss = 0;           // mean cross entropy
  std::int64_t correct = 0;  // images whose largest logit is their label's
};

/// By how the optimizer treats them: see ParameterKind.
struct NetworkParameters {
  std::vector<torch::Tensor> weights, norms, alphas;
};

class TrainableNetwork {
 public:
  virtual ~TrainableNetwork() = default;
  /// Leaves in every parameter's .grad the gradient of the batch's mean loss.
  virtual BatchOutcome run(const Batch& batch) = 0;
  /// The same tensors at every call; the optimizer changes them in place.
  [[nodiscard]] virtual NetworkParameters parameters() const = 0;
  /// After the optimizer's step.
  virtual void finish_step() {}
  /// Logits [N, classes] of the last run().
  [[nodiscard]] virtual torch::Tensor logits() const = 0;
};

/// Mean cross entropy and hits of `logits`, and, times `gradient_scale`, the gradient of their sum
/// over the batch divided by `whole_batch`, in logits.grad(). `logits` is a leaf or the end of a
/// graph.
[[nodiscard]] BatchOutcome cross_entropy_backward(const torch::Tensor& logits,
                                                  const std::vector<std::int64_t>& labels,
                                                  double gradient_scale, std::int64_t whole_batch);

}  // namespace nibble
