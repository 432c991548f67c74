// A network trained in NUMERICS' arithmetic: executes its layers forward and backward, computes the
// loss and gives the parameters to an optimizer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/training/layer_list.h"
#include "models/training/trainable_network.h"

namespace nibble {

class TrainedNetwork : public TrainableNetwork {
 public:
  /// Weights are He-normal from `seed`. Throws std::invalid_argument if the graph does not fit.
  /// `gemm` is who multiplies; empty for the fastest way that models/layers has.
  TrainedNetwork(Network network, const TrainingTask& task, std::uint64_t seed,
                 const GemmFunction& gemm = {});

  BatchOutcome run(const Batch& batch) override;
  [[nodiscard]] std::vector<ParameterArray> parameters() override;
  /// GradScale votes, and alpha's floor.
  void finish_step() override;
  [[nodiscard]] NamedArrays states() const override;
  void restore_states(const NamedArrays& states) override;
  [[nodiscard]] std::map<std::string, std::optional<float>> scales() const override;
  [[nodiscard]] std::vector<NonFiniteCount> non_finite_outputs() const override;
  [[nodiscard]] std::vector<float> logits() const override;

  /// A step on the side: batch statistics and fitted alphas of its own, no vote, no running
  /// statistics. Its loss is still divided by `whole_batch`.
  void capture(const Batch& part, std::int64_t whole_batch, OperationSink& sink);

  /// What InferenceNetwork needs, batch norm folded with the running statistics.
  [[nodiscard]] NetworkWeights export_weights() const;

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] std::map<std::string, int> grad_scales() const;
  [[nodiscard]] std::map<std::string, float> alpha_values() const;
  /// The exponent of what the loss is multiplied by.
  [[nodiscard]] int loss_exponent() const;

 private:
  /// Of a scale that adapts: takes this step into account; whether its gradients overflowed and a
  /// lower scale may help.
  [[nodiscard]] bool adapt_loss_scale();
  BatchOutcome pass(const Batch& batch, std::int64_t whole_batch, OperationSink* sink,
                    bool leaves_no_mark);

  Network network_;
  TrainingTask task_;
  std::uint64_t seed_;
  LayerList list_;
  std::vector<float> loss_scale_;  // exponent and good steps of a scale that adapts, else empty
  std::vector<TrainedParameter*> parameters_;  // of all layers
};

}  // namespace nibble
