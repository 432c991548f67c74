#include "models/training/trained_weights.h"

#include <utility>

#include "models/quantize/sawb.h"

namespace nibble {

TrainedWeights::TrainedWeights(std::string name, std::vector<std::int64_t> shape, bool codes)
    : parameter_(std::move(name), ParameterKind::weight, std::move(shape), 0.0F), codes_(codes) {}

WeightMatrix TrainedWeights::exported() const {
  const std::vector<float>& master = parameter_.value;
  WeightMatrix matrix;
  if (codes_) {
    const SawbScale sawb = sawb_scale(master.data(), master.size());
    matrix.codes.resize(master.size());
    sawb_quantize(master.data(), master.size(), sawb.reciprocal, matrix.codes.data());
    matrix.step = sawb.alpha / 7.0F;
  } else {
    matrix.values.resize(master.size());
    fp16_from_floats(master.data(), master.size(), matrix.values.data());
  }
  return matrix;
}

void TrainedWeights::prepare() { prepared_ = exported(); }

GemmOperand TrainedWeights::operand() const { return weight_operand(prepared_, codes_); }

Fp16Code* TrainedWeights::new_gradient() {
  gradient_.resize(parameter_.value.size());
  return gradient_.data();
}

void TrainedWeights::take_gradient() {
  fp16_to_floats(gradient_.data(), gradient_.size(), parameter_.gradient.data());
}

}  // namespace nibble
