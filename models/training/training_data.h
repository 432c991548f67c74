// The data of a task: what is learned from, what is judged after each epoch, and what is judged at
// the end.
#pragma once

#include <memory>
#include <string>

#include "models/training/sample_set.h"
#include "models/training/training_task.h"

namespace nibble {

struct TrainingData {
  std::unique_ptr<SampleSet> train;
  std::unique_ptr<SampleSet> validation;  // null: nothing is judged before the end
  std::unique_ptr<SampleSet> test;
};

/// The last `task.validation` images of `train` are set apart. Throws std::invalid_argument if
/// that leaves none.
[[nodiscard]] TrainingData image_data(ImageSet train, ImageSet test,
                                      const std::vector<Fp16Code>& grey, const TrainingTask& task);

/// task.dataset as the Debian package installs it; `folder` replaces Fashion-MNIST's own. `classes`
/// is the number of different tokens that the network knows. Throws DatasetError, which names the
/// package.
[[nodiscard]] TrainingData load_training_data(const TrainingTask& task, std::int64_t classes,
                                              std::uint64_t seed, const std::string& folder);

}  // namespace nibble
