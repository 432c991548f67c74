#include "models/training/training_options.h"

#include <stdexcept>

#include "models/training/network_in_training.h"
#include "models/training/step_capture.h"

namespace nibble {
namespace {

void check_limit(const char* option, std::int64_t limit, const SampleSet& set) {
  if (limit <= set.count()) return;
  throw std::invalid_argument(std::string(option) + ": " + std::to_string(limit) + " of " +
                              std::to_string(set.count()) + " " + set.unit() +
                              ", allowed are at most as many as there are");
}

void check_finish(const TrainingTask& task, std::int64_t steps) {
  if (!task.finish) return;
  const std::int64_t first = first_step_of_finish(task, steps);
  if (first > 0 && first < steps) return;
  throw std::invalid_argument(
      "recipe " + task.recipe.name + ": finish.share: " + std::to_string(task.finish->share) +
      " are " + std::to_string(steps - first) + " of this training's " + std::to_string(steps) +
      " steps, allowed is a share that leaves some to both recipes");
}

void check_trace(const Network& network, const TrainingTask& task, const TrainingOptions& options,
                 std::int64_t steps) {
  if (!options.trace_step) return;
  if (step_of("--trace-step", *options.trace_step, steps) < first_step_of_finish(task, steps)) {
    check_captured_formats(network, task);
  } else {
    check_captured_formats(task.finish->network, task_in_finish(task));
  }
  if (options.trace_batch < 2 || options.trace_batch > task.batch) {
    throw std::invalid_argument("--trace-batch: " + std::to_string(options.trace_batch) +
                                ", allowed are 2 to the training's batch of " +
                                std::to_string(task.batch));
  }
}

}  // namespace

std::int64_t learned_samples(const TrainingOptions& options, const TrainingData& data) {
  return options.limit_train > 0 ? options.limit_train : data.train->count();
}

std::int64_t steps_per_epoch(const TrainingTask& task, const TrainingOptions& options,
                             const TrainingData& data) {
  return learned_samples(options, data) / task.batch;
}

std::int64_t step_of(const char* option, std::int64_t asked, std::int64_t steps) {
  const std::int64_t step = asked < 0 ? steps + asked : asked;
  if (step >= 0 && step < steps) return step;
  throw std::invalid_argument(std::string(option) + ": " + std::to_string(asked) +
                              " is no step of this training, allowed are 0 to " +
                              std::to_string(steps - 1) + " and last");
}

void check_options(const Network& network, const TrainingTask& task, const TrainingOptions& options,
                   const TrainingData& data) {
  if (task.epochs < 1) throw std::invalid_argument("a training needs at least one epoch");
  check_limit("--limit-train", options.limit_train, *data.train);
  check_limit("--limit-test", options.limit_test, *data.test);
  if (learned_samples(options, data) < task.batch) {
    throw std::invalid_argument("batch: is " + std::to_string(task.batch) + ", but there are " +
                                std::to_string(learned_samples(options, data)) + " " +
                                data.train->unit() + " to learn from, allowed is a smaller batch" +
                                (options.limit_train > 0 ? " or a larger --limit-train" : ""));
  }
  const std::int64_t steps = task.epochs * steps_per_epoch(task, options, data);
  check_finish(task, steps);
  check_trace(network, task, options, steps);
}

}  // namespace nibble
