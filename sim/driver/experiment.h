// One experiment: what `nibblesim run EXPERIMENT.yaml` reads. Every part it names (chip, network,
// energy table, trace) is a file of the configs folder that the experiment lies in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/layers/network.h"
#include "sim/compiler/gemm_mapping.h"
#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"
#include "sim/energy/twin_candidates.h"
#include "sim/report/epoch.h"
#include "sim/tile/tile_backend.h"
#include "sim/workload/workload.h"

namespace nibble {

/// Test images through the forward pass on the chip's tiles.
struct InferenceExperiment {
  std::string weights_file;
  std::string dataset_folder;
  std::int64_t images = 0;
};

struct PinnedMapping {
  std::string name;  // "layer pass"
  GemmMapping mapping;
  InputPlace place;
};

/// How operations that multiply are mapped.
struct MappingExperiment {
  int search = 0;  // mappings to simulate for each, beside the rule's
  std::vector<PinnedMapping> pinned;
};

struct Experiment {
  std::string file, name;
  ChipConfig chip;
  std::optional<TwinKind> twin = TwinKind::equal_area;  // nothing: no chip beside it
  ChipPrecision twin_precision = ChipPrecision::fp16;
  bool waterfall = true;  // simulate what lies between the chips' peaks and times
  Network network;
  EnergyTable energy;
  Engine engine = Engine::rtl;
  bool training = true;
  std::int64_t batch = 1;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  MappingExperiment mapping;
  bool memoise = true;
  std::int64_t seed = 1;
  std::string trace_file;  // empty: synthetic operands
  std::optional<InferenceExperiment> inference;
  std::optional<EpochPlan> epoch;  // of training
  std::vector<std::string> notes;  // one line each: what is allowed but might surprise
};

/// `overrides`: `--set chip.X=...` reaches the chip's file, `--set network.X=...` the network's,
/// the rest the experiment's own. Throws BadInput.
[[nodiscard]] Experiment read_experiment(const std::string& file,
                                         const std::vector<YamlOverride>& overrides);

/// The arithmetic that a trace or weights were made with.
struct MadeWith {
  int chunk_len = 0, fp16_chunk_len = 0;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
};

/// Throws BadInput that names `file` unless the experiment's chip computes the same bits.
void check_arithmetic(const Experiment& experiment, const std::string& file,
                      const MadeWith& made_with);

[[nodiscard]] const char* engine_name(Engine engine);

}  // namespace nibble
