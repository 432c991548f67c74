// `nibblesim run`: an experiment from its file to result.json, layers.csv and the printed page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

struct RunOptions {
  std::string experiment_file;
  std::vector<std::string> sets;  // `--set key=value`
  std::optional<Engine> engine;   // instead of the experiment's
  std::string output_directory;   // empty: only print
  bool json = false;              // print result.json instead of the page
};

/// Exit code: 0 good, 1 a result differs from the trainer's or the model's. Throws BadInput,
/// TraceError or DatasetError for bad input. To be called once a process.
[[nodiscard]] int run_experiment(const RunOptions& options);

}  // namespace nibble
