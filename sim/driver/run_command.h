// `nibblesim run`: an experiment from its file to result.json, layers.csv and the printed page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/driver/timeline_output.h"
#include "sim/driver/wave_recorder.h"
#include "sim/tile/tile_backend.h"

namespace nibble {

struct RunOptions {
  std::string experiment_file;
  std::vector<std::string> sets;  // `--set key=value`
  std::optional<Engine> engine;   // instead of the experiment's
  std::string output_directory;   // empty: only print
  bool json = false;              // print result.json instead of the page
  /// Engine rtl without a trace: compare every command with the model's; run only this share of the
  /// tile commands (and compare those), the others by the closed form.
  bool check = false;
  std::optional<double> sample;
  TimelineChoice timeline;
  WaveChoice waves;
};

/// Exit code: 0 good, 1 a result differs from the trainer's or the model's. Throws BadInput,
/// TraceError or DatasetError for bad input. To be called once a process.
[[nodiscard]] int run_experiment(const RunOptions& options);

}  // namespace nibble
