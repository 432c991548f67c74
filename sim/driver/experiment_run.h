// An experiment run: all its simulations, and what result.json says of them.
#pragma once

#include <optional>

#include "models/trace/trace.h"
#include "sim/driver/chip_simulation.h"
#include "sim/driver/inference_run.h"
#include "sim/driver/recordings.h"

namespace nibble {

/// read_experiment, of one that its engine can run. Throws BadInput.
[[nodiscard]] Experiment read_runnable(const std::string& file,
                                       const std::vector<YamlOverride>& overrides);

/// The values that engines rtl and model compute with; none for engine timing.
struct ExperimentInputs {
  std::optional<Trace> trace;
  std::optional<InferenceInputs> inference;
};

/// Reads them. With any engine the experiment's MACs then take what they take with the trace's
/// operands. Throws BadInput, TraceError or DatasetError.
[[nodiscard]] ExperimentInputs load_inputs(Experiment& experiment);

/// Engine rtl without a trace: compare every command with the model's; run only a share of the tile
/// commands (and compare those), the others by the closed form.
struct ValueChecks {
  bool every = false;
  std::optional<double> share;
};

struct RunSettings {
  ValueChecks checks;
  StageMemo* memo = nullptr;         // as in SimulationRequest
  Recordings* recordings = nullptr;  // of the chip, not of its twin
};

/// result.json but for its `overrides`. To be called once a process but with engine timing. Throws
/// BadInput.
[[nodiscard]] Json run_result(const Experiment& experiment, const ExperimentInputs& inputs,
                              const RunSettings& settings);

/// 1 if values or engines disagree, else 0.
[[nodiscard]] int verdict(const Json& result);

}  // namespace nibble
