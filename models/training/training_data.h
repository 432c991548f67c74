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

/// Throws std::invalid_argument, one line, unless the network reads samples of the data's kind and
/// shape, answers each label, and knows every label and token. Its shapes are filled in.
void check_data_fits(const Network& network, const TrainingData& data);

/// task.dataset as the Debian package installs it; `folder` replaces Fashion-MNIST's own. Throws
/// DatasetError, which names the package, and as check_data_fits does.
[[nodiscard]] TrainingData load_training_data(const TrainingTask& task, const Network& network,
                                              std::uint64_t seed, const std::string& folder);

}  // namespace nibble
