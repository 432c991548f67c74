// A training that went wrong is stopped at the step where it shows: the loss or a gradient is not
// finite, or a layer puts out NaN-infinity codes.
#pragma once

#include <stdexcept>
#include <string>

#include "models/training/trainable_network.h"

namespace nibble {

/// what() is one line with step, layers and counts.
class TrainingDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// After run() of step `step`, 1 first, and before the update. The loss and all gradients are
/// looked at; the outputs of all layers too if `thorough` or if anything else is wrong, which takes
/// about as long as reading them. Throws TrainingDiverged.
void check_finite(const TrainableNetwork& network, const std::vector<ParameterArray>& parameters,
                  const BatchOutcome& outcome, std::int64_t step, bool thorough);

/// After the update of step `step`: an alpha that is not finite has overflowed by its rate, and
/// clips nothing. Throws TrainingDiverged.
void check_alphas(const std::vector<ParameterArray>& parameters, std::int64_t step);

}  // namespace nibble
