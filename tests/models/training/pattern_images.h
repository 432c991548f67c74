// A made-up dataset that a small network learns in seconds: three classes of 8x8 images, a bright
// left column, a bright middle or a bright lower row, in noise.
#pragma once

#include <random>

#include "models/datasets/image_set.h"
#include "models/training/training_task.h"

namespace nibble::test {

inline ImageSet pattern_images(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ImageSet set;
  set.count = count;
  set.height = set.width = 8;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::uint8_t>(random() % 3);
    set.labels.push_back(label);
    for (int h = 0; h < 8; ++h) {
      for (int w = 0; w < 8; ++w) {
        const bool middle = h >= 3 && h < 5 && w >= 3 && w < 5;
        const bool bright = label == 0 ? w < 2 : label == 1 ? middle : h >= 6;
        set.pixels.push_back(static_cast<std::uint8_t>(random() % 100 + (bright ? 120 : 0)));
      }
    }
  }
  return set;
}

inline std::vector<Fp16Code> pattern_grey() { return normalised_grey(0.3, 0.25); }

inline TrainingTask small_task() {
  TrainingTask task;
  task.name = "patterns";
  task.network = "small";
  task.dataset = "none";
  task.epochs = 6;
  task.batch = 16;
  task.flip = false;  // would turn the left column into a right one
  task.learning_rate = 0.05;
  task.momentum = 0.9;
  task.weight_decay = 5e-4;
  task.warmup_steps = 4;
  task.alpha_initial = 3;
  task.alpha_decay = 5e-5;
  task.alpha_floor = 0.1;
  task.norm_momentum = 0.1;
  task.norm_epsilon = 1e-5;
  task.loss_scale_log2 = 10;
  return task;
}

}  // namespace nibble::test
