// SGD with momentum and Adam with decoupled weight decay, in binary32: one array after the other,
// the same bits on any machine. Everything it remembers can be saved and given back.
#pragma once

#include <cstdint>
#include <vector>

#include "models/training/trainable_network.h"
#include "models/training/training_task.h"

namespace nibble {

class Optimizer {
 public:
  explicit Optimizer(const TrainingTask& task) : task_(task) {}

  /// If all gradients together are longer than clip_norm, they are shortened to it first.
  void step(const std::vector<ParameterArray>& parameters, double rate);

  /// Momentum buffers, NAME.first and for Adam NAME.second.
  [[nodiscard]] const NamedArrays& states() const { return states_; }
  [[nodiscard]] std::int64_t updates() const { return updates_; }
  /// Throws std::invalid_argument unless these are the buffers of these parameters after that many
  /// updates: all of them, or before the first one none.
  void restore(NamedArrays states, std::int64_t updates,
               const std::vector<ParameterArray>& parameters);

 private:
  [[nodiscard]] double decay_of(ParameterKind kind) const;
  /// All but alphas that their layers fit.
  [[nodiscard]] bool moves(const ParameterArray& parameter) const {
    return parameter.kind != ParameterKind::alpha || task_.alpha_fit_every == 0;
  }
  [[nodiscard]] float shortening(const std::vector<ParameterArray>& parameters) const;
  void step_sgd(const ParameterArray& parameter, float rate, float factor);
  void step_adam(const ParameterArray& parameter, double rate, float factor);
  [[nodiscard]] std::vector<const char*> buffer_names() const;
  [[nodiscard]] float* buffer(const ParameterArray& parameter, const char* suffix);

  TrainingTask task_;
  NamedArrays states_;
  std::int64_t updates_ = 0;
};

/// Learning rate of a step, 0 first.
[[nodiscard]] double learning_rate(const TrainingTask& task, std::int64_t step, std::int64_t steps);

}  // namespace nibble
