// What the trainer needs of a network: one batch forward and backward, parameters for the
// optimizer, and everything that lasts. TrainedNetwork is NUMERICS' arithmetic, Fp32Network plain
// libtorch for comparison; both start from the same weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/training/batch.h"
#include "models/training/trained_layer.h"

namespace nibble {

struct BatchOutcome {
  double loss = 0;           // mean cross entropy of a label
  std::int64_t correct = 0;  // labels that are the first of the largest logits
  bool skipped = false;      // gradients overflowed a loss scale that adapts: no update
};

/// On samples that are not learned from.
struct Evaluation {
  double loss = 0;  // mean cross entropy of a label
  double accuracy_percent = 0;
};

/// A parameter as an optimizer sees it. `value` stays where it is as long as the network lives;
/// `gradient` holds until the next run().
struct ParameterArray {
  std::string name;  // LAYER.weight, LAYER.gamma, ...
  ParameterKind kind = ParameterKind::weight;
  float* value = nullptr;
  const float* gradient = nullptr;
  std::size_t count = 0;
};

using NamedArrays = std::map<std::string, std::vector<float>>;

/// How many numbers of a layer's output or of a parameter's gradient are NaN or infinite.
struct NonFiniteCount {
  std::string name;
  std::int64_t count = 0, of = 0;
};

/// Of the parameter LAYER.NAME.
[[nodiscard]] inline std::string layer_of_parameter(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

class TrainableNetwork {
 public:
  virtual ~TrainableNetwork() = default;
  /// Leaves in every parameter's gradient that of the batch's mean loss.
  virtual BatchOutcome run(const Batch& batch) = 0;
  [[nodiscard]] virtual std::vector<ParameterArray> parameters() = 0;
  /// After the optimizer's step.
  virtual void finish_step() {}
  /// What lasts beside the parameters (running statistics, gradscales), and back from a checkpoint.
  /// restore_states throws std::invalid_argument if the names are not its own.
  [[nodiscard]] virtual NamedArrays states() const = 0;
  virtual void restore_states(const NamedArrays& states) = 0;
  /// Exponents that gradients are scaled by, by their columns of curve.csv: "gradscale.LAYER",
  /// "loss_scale"; nothing before it is known.
  [[nodiscard]] virtual std::map<std::string, std::optional<float>> scales() const { return {}; }
  /// Outputs of the last run() with NaN-infinity codes, in order of execution; reads all of them.
  [[nodiscard]] virtual std::vector<NonFiniteCount> non_finite_outputs() const { return {}; }
  /// Logits [labels, classes] of the last run().
  [[nodiscard]] virtual std::vector<float> logits() const = 0;
};

}  // namespace nibble
