// A training that can be stopped and resumed in a test, with every checkpoint it wrote.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/training/trainer.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"

namespace nibble::test {

/// 6 epochs of 10 steps, with everything that is random.
inline TrainingTask restless_task() {
  TrainingTask task = small_task();
  task.flip = true;
  task.crop_padding = 1;
  task.validation = 40;
  task.clip_norm = 1;
  return task;
}

inline TrainingData patterns(const TrainingTask& task) {
  return image_data(pattern_images(200, 1), pattern_images(30, 2), pattern_grey(), task);
}

/// Random text, of which `task` makes ten steps an epoch.
inline TrainingData random_text(const TrainingTask& task) {
  std::mt19937_64 random(5);
  const auto samples = [&](std::int64_t count) {
    TokenIds tokens;
    for (std::int64_t i = 0; i <= count * kTinyTokens; ++i) {
      tokens.push_back(static_cast<std::int32_t>(random() % kTinyRows));
    }
    return std::make_unique<TextSamples>(TextWindows(tokens, kTinyTokens), 1);
  };
  TrainingData data;
  data.train = samples(10 * task.batch);
  data.validation = samples(10);
  data.test = samples(10);
  return data;
}

struct StoppableRun {
  TrainingResult result;
  std::vector<Checkpoint> checkpoints;  // as they come back from a file
};

/// `stop_at`: the step behind which the training is told to stop.
inline StoppableRun run(const Network& network, const TrainingTask& task, const TrainingData& data,
                        const TrainingOptions& options, const Checkpoint* resumed = nullptr,
                        std::int64_t stop_at = -1) {
  StoppableRun run;
  std::int64_t steps = resumed != nullptr ? resumed->progress.step : 0;
  TrainingObserver observer;
  observer.checkpoint = [&](const Checkpoint& checkpoint) {
    run.checkpoints.push_back(parse_checkpoint("c", checkpoint_bytes(checkpoint)));
  };
  observer.stop = [&] { return ++steps == stop_at; };
  run.result = train(network, task, options, data, observer, resumed);
  return run;
}

/// Of the small network on the patterns.
inline StoppableRun run(const TrainingTask& task, const TrainingOptions& options,
                        const Checkpoint* resumed = nullptr, std::int64_t stop_at = -1) {
  return run(small_network(), task, patterns(task), options, resumed, stop_at);
}

}  // namespace nibble::test
