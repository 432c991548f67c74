// What a training leaves behind to be read by people, by a later training's --fp32-metrics and by
// reports: metrics.json.
#pragma once

#include <optional>
#include <string>

#include "models/training/trainer.h"

namespace nibble {

/// JSON text, schema "nibblesim-training-2".
[[nodiscard]] std::string metrics_json(const Network& network, const TrainingTask& task,
                                       const TrainingOptions& options,
                                       const TrainingResult& result);

/// Test accuracy in the metrics of the fp32 training that this one is compared with: the same task,
/// seed and settings but for those that only 4 bits have. Throws TraceError "FILE: ..." if it is
/// none.
[[nodiscard]] double fp32_accuracy_from_metrics(const std::string& path, const Network& network,
                                                const TrainingTask& task,
                                                const TrainingOptions& options);

}  // namespace nibble
