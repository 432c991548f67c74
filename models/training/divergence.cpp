#include "models/training/divergence.h"

#include <algorithm>
#include <cmath>

namespace nibble {
namespace {

constexpr std::size_t kMostTold = 3;

std::vector<NonFiniteCount> non_finite_gradients(const std::vector<ParameterArray>& parameters) {
  std::vector<NonFiniteCount> result;
  for (const ParameterArray& parameter : parameters) {
    const std::int64_t count =
        std::count_if(parameter.gradient, parameter.gradient + parameter.count,
                      [](float value) { return !std::isfinite(value); });
    if (count > 0) {
      result.push_back({parameter.name, count, static_cast<std::int64_t>(parameter.count)});
    }
  }
  return result;
}

/// The first few: where one is not finite most are, a step later.
std::string text_of(const char* what, const std::vector<NonFiniteCount>& counts) {
  if (counts.empty()) return "";
  std::string text = what;
  const std::size_t told = std::min(counts.size(), kMostTold);
  for (std::size_t i = 0; i < told; ++i) {
    text += (i == 0 ? " " : ", ") + counts[i].name + " " + std::to_string(counts[i].count) +
            " of " + std::to_string(counts[i].of);
  }
  if (counts.size() > told) text += " and " + std::to_string(counts.size() - told) + " more";
  return text;
}

}  // namespace

void check_finite(const TrainableNetwork& network, const std::vector<ParameterArray>& parameters,
                  const BatchOutcome& outcome, std::int64_t step, bool thorough) {
  const std::vector<NonFiniteCount> gradients = non_finite_gradients(parameters);
  const bool loss_good = std::isfinite(outcome.loss);
  if (loss_good && gradients.empty() && !thorough) return;
  const std::vector<NonFiniteCount> outputs = network.non_finite_outputs();
  if (loss_good && gradients.empty() && outputs.empty()) return;
  throw TrainingDiverged("the training diverged in step " + std::to_string(step) + ": loss " +
                         std::to_string(outcome.loss) +
                         text_of("; NaN-infinity codes put out by", outputs) +
                         text_of("; not finite in the gradient of", gradients));
}

void check_alphas(const std::vector<ParameterArray>& parameters, std::int64_t step) {
  for (const ParameterArray& parameter : parameters) {
    if (parameter.kind != ParameterKind::alpha || std::isfinite(*parameter.value)) continue;
    throw TrainingDiverged("the training diverged in step " + std::to_string(step) + ": " +
                           parameter.name + " is " + std::to_string(*parameter.value) +
                           " after the update");
  }
}

}  // namespace nibble
