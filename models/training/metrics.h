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

/// Test accuracy in the metrics of an fp32 training of the same task; throws TraceError
/// "FILE: ..." if it is none.
[[nodiscard]] double fp32_accuracy_from_metrics(const std::string& path, const TrainingTask& task);

}  // namespace nibble
