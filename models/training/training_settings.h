// Everything that decides a training's bytes, as JSON: the settings, part of metrics.json, and with
// task, seed and data what a checkpoint and the training that resumes it must have in common.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "models/layers/network.h"
#include "models/training/training_options.h"
#include "models/training/training_task.h"

namespace nibble {

[[nodiscard]] nlohmann::ordered_json settings_json(const Network& network, const TrainingTask& task,
                                                   const TrainingOptions& options);

/// Of all splits.
[[nodiscard]] std::string data_crc32(const TrainingData& data);

/// What a checkpoint is of: the settings with task, network, seed, data, in fp32 the threads, and
/// the steps whose gradients are measured, empty for none.
[[nodiscard]] nlohmann::ordered_json identity_json(const Network& network, const TrainingTask& task,
                                                   const TrainingOptions& options,
                                                   const std::string& data_crc32,
                                                   const std::string& gradient_steps);

/// The first key in which two settings differ and both values, "" if they are equal.
[[nodiscard]] std::string settings_difference(const std::string& saved, const std::string& wanted);

}  // namespace nibble
