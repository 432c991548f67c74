// What a training leaves behind to be read by people, by a later training's --fp32-metrics and by
// reports: metrics.json.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/training/trainer.h"

namespace nibble {

/// What a training came of and left, as far as only the program knows.
struct TrainingOrigin {
  std::string program;  // name, version and commit
  /// Names and texts of the recipe and of its finish: any of them is a recipe's file.
  std::vector<std::pair<std::string, std::string>> recipe_files;
  std::string weights_sha256;  // of the weights' file; empty in fp32
};

/// JSON text, schema "nibblesim-training-3".
[[nodiscard]] std::string metrics_json(const Network& network, const TrainingTask& task,
                                       const TrainingOptions& options, const TrainingResult& result,
                                       const TrainingOrigin& origin = {});

/// Test accuracy in the metrics of the fp32 training that this one is compared with: the same task,
/// seed, data and settings but for those that only 4 bits have. Throws TraceError "FILE: ..." if it
/// is none.
[[nodiscard]] double fp32_accuracy_from_metrics(const std::string& path, const Network& network,
                                                const TrainingTask& task,
                                                const TrainingOptions& options,
                                                const TrainingData& data);

}  // namespace nibble
