// A training at the end of a step, whole: parameters, what layers and optimizer remember, and what
// has been measured. A training that is resumed from it ends in the bytes of one that never
// stopped. Order of samples, augmentation and random bits are functions of seed and step, so the
// step stands for them.
#pragma once

#include <string>
#include <string_view>

#include "models/training/optimizer.h"
#include "models/training/training_progress.h"

namespace nibble {

struct Checkpoint {
  std::string identity;  // identity_json(), which a resumed training must share
  std::string command;   // that began the training
  TrainingProgress progress;
  std::string curve;         // lines of TrainingCurve
  std::string gradients;     // lines of GradientStudy
  std::int64_t updates = 0;  // of the optimizer
  NamedArrays parameters, states, moments;
};

/// One safetensors file, schema "nibblesim-checkpoint-3".
[[nodiscard]] std::string checkpoint_bytes(const Checkpoint& checkpoint);

/// Throws TraceError, one line that begins with `name`, for a file that is damaged or none.
[[nodiscard]] Checkpoint parse_checkpoint(const std::string& name, std::string_view bytes);

}  // namespace nibble
