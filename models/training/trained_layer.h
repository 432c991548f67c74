// A layer as it is trained: it reads and writes LayerTensors, forward and backward, and owns its
// parameters. No libtorch here; TrainedNetwork executes a list of these and hands the parameters to
// an optimizer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/network_weights.h"
#include "models/training/operation_sink.h"

namespace nibble {

/// By how the optimizer treats it: weights decay, alphas decay a little, norms (gamma, beta and
/// biases) do not.
enum class ParameterKind : std::uint8_t { weight, norm, alpha };

/// Neither array is ever given other memory.
struct TrainedParameter {
  std::string name;  // LAYER.weight, LAYER.gamma, ...
  ParameterKind kind = ParameterKind::weight;
  std::vector<std::int64_t> shape;
  std::vector<float> value, gradient;

  /// All elements are `initial`.
  TrainedParameter(std::string full_name, ParameterKind its_kind, std::vector<std::int64_t> sizes,
                   float initial)
      : name(std::move(full_name)), kind(its_kind), shape(std::move(sizes)) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    value.assign(count, initial);
    gradient.assign(count, 0.0F);
  }
};

/// What else lasts from step to step and belongs in a checkpoint: binary32 numbers under a name.
struct TrainedState {
  std::string name;
  std::vector<float>* values;
  /// One whole number that is not there before it is known, as a gradscale; else the values are
  /// there from the beginning, always as many.
  bool is_exponent = false;
};

/// One pass through the layers.
struct TrainingPass {
  std::int64_t samples = 0;
  OperationSink* sink = nullptr;  // told of every GEMM
  // Of the training: what stochastic rounding and dropout draw their bits by.
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  /// A captured step: nothing that lasts (running statistics, votes) may change.
  bool leaves_no_mark = false;
};

class TrainedLayer {
 public:
  virtual ~TrainedLayer() = default;
  /// Fills its output tensor. What backward() of the same pass needs is kept in the layer or still
  /// stands in its tensors.
  virtual void forward(const TrainingPass& pass) = 0;
  /// From the gradient of its output: the gradient of each input, which it adds, and of each
  /// parameter, which it sets. May overwrite the output's gradient.
  virtual void backward(const TrainingPass& pass) = 0;

  [[nodiscard]] virtual std::vector<TrainedParameter*> parameters() { return {}; }
  [[nodiscard]] virtual std::vector<TrainedState> states() { return {}; }
  /// After the optimizer's step.
  virtual void finish_step() {}
  /// Its entries of a weights file, by index of the network's layers.
  virtual void export_weights(std::map<int, LayerWeights>& entries) const { (void)entries; }
  /// The gradient's exponent of a layer that has one, after the first gradient that is not zero.
  [[nodiscard]] virtual std::optional<int> grad_scale() const { return std::nullopt; }
  [[nodiscard]] virtual const std::string& name() const = 0;
};

}  // namespace nibble
