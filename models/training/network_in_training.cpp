#include "models/training/network_in_training.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/training/evaluation.h"

namespace nibble {
namespace {

void restore_parameters(const NamedArrays& from, TrainableNetwork& network) {
  const std::vector<ParameterArray> parameters = network.parameters();
  for (const ParameterArray& parameter : parameters) {
    const auto place = from.find(parameter.name);
    if (place == from.end() || place->second.size() != parameter.count) {
      throw std::invalid_argument("has no parameter " + parameter.name + " of this network");
    }
    std::copy(place->second.begin(), place->second.end(), parameter.value);
  }
  if (from.size() != parameters.size()) {
    throw std::invalid_argument("has parameters of another network");
  }
}

NamedArrays saved_parameters(TrainableNetwork& network) {
  NamedArrays result;
  for (const ParameterArray& parameter : network.parameters()) {
    result[parameter.name].assign(parameter.value, parameter.value + parameter.count);
  }
  return result;
}

}  // namespace

std::int64_t first_step_of_finish(const TrainingTask& task, std::int64_t steps) {
  if (!task.finish) return steps;
  const double finish = std::round(task.finish->share * static_cast<double>(steps));
  return steps - static_cast<std::int64_t>(finish);
}

TrainingTask task_in_finish(const TrainingTask& task) {
  TrainingTask result = task;
  result.recipe = task.finish->recipe;
  return result;
}

NetworkInTraining::NetworkInTraining(const Network& network, const TrainingTask& task,
                                     std::uint64_t seed, const GemmFunction& gemm,
                                     std::int64_t steps)
    : task_(task), seed_(seed), gemm_(gemm), finish_step_(first_step_of_finish(task, steps)) {
  if (task.recipe.arithmetic == TrainingArithmetic::nibble) {
    nibble_ = std::make_unique<TrainedNetwork>(network, task, seed, gemm);
  } else {
    fp32_ = std::make_unique<Fp32Network>(network, task, seed);
  }
}

TrainableNetwork& NetworkInTraining::get() const {
  if (nibble_) return *nibble_;
  return *fp32_;
}

void NetworkInTraining::begin_step(std::int64_t step) {
  if (task_.finish && !finishing_ && step >= finish_step_) change_recipe();
}

/// A layer that had no gradscale so far begins with one of its own, as in a first step.
void NetworkInTraining::change_recipe() {
  auto next =
      std::make_unique<TrainedNetwork>(task_.finish->network, task_in_finish(task_), seed_, gemm_);
  restore_parameters(saved_parameters(*nibble_), *next);
  NamedArrays states = next->states();
  for (auto& [name, values] : nibble_->states()) {
    if (const auto place = states.find(name); place != states.end()) place->second = values;
  }
  next->restore_states(states);
  nibble_ = std::move(next);
  finishing_ = true;
}

void NetworkInTraining::save(Checkpoint& checkpoint) const {
  checkpoint.parameters = saved_parameters(get());
  checkpoint.states = get().states();
}

void NetworkInTraining::restore(const Checkpoint& checkpoint) {
  // The checkpoint is of the step before this one.
  begin_step(checkpoint.progress.step - 1);
  restore_parameters(checkpoint.parameters, get());
  get().restore_states(checkpoint.states);
}

Evaluation NetworkInTraining::evaluate_on(const SampleSet& set, std::int64_t limit) const {
  if (fp32_) return evaluate(*fp32_, set, limit);
  const InferenceNetwork exported(nibble_->network(), nibble_->export_weights());
  return evaluate(exported, set, limit, fast_gemm);
}

}  // namespace nibble
