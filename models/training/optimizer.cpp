#include "models/training/optimizer.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace nibble {
namespace {

constexpr double kPi = 3.141592653589793;
// Names of buffers, behind their parameter's.
constexpr const char *kFirst = ".first", *kSecond = ".second";

/// By squaring, so that no library's pow decides the bits.
double integer_power(double base, std::int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 != 0) result *= base;
  }
  return result;
}

}  // namespace

double Optimizer::decay_of(ParameterKind kind) const {
  switch (kind) {
    case ParameterKind::weight:
      return task_.weight_decay;
    case ParameterKind::alpha:
      return task_.alpha_decay;
    case ParameterKind::norm:
      break;
  }
  return 0;
}

float Optimizer::shortening(const std::vector<ParameterArray>& parameters) const {
  if (task_.clip_norm <= 0) return 1.0F;
  double squares = 0;
  for (const ParameterArray& parameter : parameters) {
    if (!moves(parameter)) continue;
    for (std::size_t i = 0; i < parameter.count; ++i) {
      squares += double{parameter.gradient[i]} * double{parameter.gradient[i]};
    }
  }
  const double norm = std::sqrt(squares);
  return norm > task_.clip_norm ? static_cast<float>(task_.clip_norm / norm) : 1.0F;
}

float* Optimizer::buffer(const ParameterArray& parameter, const char* suffix) {
  std::vector<float>& values = states_[parameter.name + suffix];
  values.resize(parameter.count);  // zeros at first
  return values.data();
}

/// v = momentum * v + (g + decay * w); w = w - rate * v.
void Optimizer::step_sgd(const ParameterArray& parameter, float rate, float factor) {
  const auto momentum = static_cast<float>(task_.momentum);
  const auto decay = static_cast<float>(decay_of(parameter.kind));
  float* velocity = buffer(parameter, kFirst);
  for (std::size_t i = 0; i < parameter.count; ++i) {
    const float gradient = parameter.gradient[i] * factor + decay * parameter.value[i];
    velocity[i] = momentum * velocity[i] + gradient;
    parameter.value[i] -= rate * velocity[i];
  }
}

/// Kingma and Ba (2015), with the decay of Loshchilov and Hutter (2019).
void Optimizer::step_adam(const ParameterArray& parameter, double rate, float factor) {
  const auto beta1 = static_cast<float>(task_.beta1), beta2 = static_cast<float>(task_.beta2);
  const auto first_unbiased =
      static_cast<float>(1.0 / (1.0 - integer_power(task_.beta1, updates_)));
  const auto second_unbiased =
      static_cast<float>(1.0 / (1.0 - integer_power(task_.beta2, updates_)));
  const auto epsilon = static_cast<float>(task_.adam_epsilon);
  const auto step = static_cast<float>(rate);
  const auto kept = static_cast<float>(1.0 - rate * decay_of(parameter.kind));
  float* first = buffer(parameter, kFirst);
  float* second = buffer(parameter, kSecond);
  for (std::size_t i = 0; i < parameter.count; ++i) {
    const float gradient = parameter.gradient[i] * factor;
    first[i] = beta1 * first[i] + (1.0F - beta1) * gradient;
    second[i] = beta2 * second[i] + (1.0F - beta2) * (gradient * gradient);
    const float size = std::sqrt(second[i] * second_unbiased) + epsilon;
    parameter.value[i] = kept * parameter.value[i] - step * (first[i] * first_unbiased / size);
  }
}

void Optimizer::step(const std::vector<ParameterArray>& parameters, double rate) {
  ++updates_;
  const float factor = shortening(parameters);
  for (const ParameterArray& parameter : parameters) {
    if (!moves(parameter)) continue;
    const double own =
        parameter.kind == ParameterKind::alpha ? rate * task_.alpha_learning_rate : rate;
    if (task_.optimizer == OptimizerKind::adam) {
      step_adam(parameter, own, factor);
    } else {
      step_sgd(parameter, static_cast<float>(own), factor);
    }
  }
}

std::vector<const char*> Optimizer::buffer_names() const {
  if (task_.optimizer == OptimizerKind::adam) return {kFirst, kSecond};
  return {kFirst};
}

void Optimizer::restore(NamedArrays states, std::int64_t updates,
                        const std::vector<ParameterArray>& parameters) {
  std::size_t wanted = 0;
  for (const ParameterArray& parameter : parameters) {
    if (updates == 0) break;
    if (!moves(parameter)) continue;
    for (const char* suffix : buffer_names()) {
      const auto place = states.find(parameter.name + suffix);
      if (place == states.end() || place->second.size() != parameter.count) {
        throw std::invalid_argument("has no moment " + parameter.name + suffix +
                                    " of this optimizer");
      }
      ++wanted;
    }
  }
  if (updates < 0 || states.size() != wanted) {
    throw std::invalid_argument("has moments of another optimizer");
  }
  states_ = std::move(states);
  updates_ = updates;
}

double learning_rate(const TrainingTask& task, std::int64_t step, std::int64_t steps) {
  if (step < task.warmup_steps) {
    return task.learning_rate * static_cast<double>(step + 1) /
           static_cast<double>(task.warmup_steps);
  }
  if (task.schedule == RateSchedule::constant) return task.learning_rate;
  const double done = static_cast<double>(step - task.warmup_steps) /
                      static_cast<double>(steps - task.warmup_steps);
  return task.learning_rate * 0.5 * (1.0 + std::cos(kPi * done));
}

}  // namespace nibble
