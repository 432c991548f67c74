// The network that a training trains: NUMERICS' arithmetic, whose recipe may be another one in the
// last steps, or plain libtorch. Parameters and what layers remember go along from one recipe to
// the next, and into checkpoints.
#pragma once

#include <cstdint>
#include <memory>

#include "models/layers/gemm_call.h"
#include "models/training/checkpoint.h"
#include "models/training/fp32_network.h"
#include "models/training/sample_set.h"
#include "models/training/trained_network.h"
#include "models/training/training_task.h"

namespace nibble {

class NetworkInTraining {
 public:
  /// Of a training of `steps`. `gemm` as for TrainedNetwork. Throws std::invalid_argument if the
  /// graph does not fit.
  NetworkInTraining(const Network& network, const TrainingTask& task, std::uint64_t seed,
                    const GemmFunction& gemm, std::int64_t steps);

  /// Before step `step`, 0 first: from now on by the finish's recipe, if it begins here.
  void begin_step(std::int64_t step);

  [[nodiscard]] TrainableNetwork& get() const;
  [[nodiscard]] TrainedNetwork* nibble() const { return nibble_.get(); }  // null in fp32

  /// Parameters and states.
  void save(Checkpoint& checkpoint) const;
  /// Throws std::invalid_argument, a text that goes on behind the checkpoint's name, if it is of
  /// another network.
  void restore(const Checkpoint& checkpoint);

  /// On the first `limit` samples; in 4 bits by the exported weights.
  [[nodiscard]] Evaluation evaluate_on(const SampleSet& set, std::int64_t limit) const;

 private:
  void change_recipe();

  const TrainingTask& task_;
  std::uint64_t seed_;
  GemmFunction gemm_;
  std::int64_t finish_step_;  // nothing changes before it
  bool finishing_ = false;
  std::unique_ptr<TrainedNetwork> nibble_;  // one of the two
  std::unique_ptr<Fp32Network> fp32_;
};

/// The first step of the finish, 0 first; `steps` if a task has none.
[[nodiscard]] std::int64_t first_step_of_finish(const TrainingTask& task, std::int64_t steps);

/// As the finish trains it. Only of a task that has one.
[[nodiscard]] TrainingTask task_in_finish(const TrainingTask& task);

}  // namespace nibble
