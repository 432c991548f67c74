#include "models/training/divergence.h"

#include <algorithm>
#include <cmath>

namespace nibble {
namespace {

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

std::string text_of(const char* what, const std::vector<NonFiniteCount>& counts) {
  if (counts.empty()) return "";
  std::string text = what;
  for (const NonFiniteCount& entry : counts) {
    text += (&entry == counts.data() ? " " : ", ") + entry.name + " " +
            std::to_string(entry.count) + " of " + std::to_string(entry.of);
  }
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

}  // namespace nibble
