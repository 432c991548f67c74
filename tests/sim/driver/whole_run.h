// Whole runs of `nibblesim run` on a copy of configs/, and their results.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/driver/child_process.h"
#include "sim/driver/run_command.h"
#include "sim/report/chip_report.h"
#include "tests/sim/driver/config_copy.h"

namespace nibble::test {

/// Runs in a child, as SystemC elaborates once a process. Returns "exit N", or the error's text.
inline std::string run(const RunOptions& options) {
  ChildProcess child([&] {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) return std::string("no /dev/null");
    return "exit " + std::to_string(run_experiment(options));
  });
  try {
    return child.result();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

/// The quickstart without its test images.
inline RunOptions replay(const ConfigCopy& copy, Engine engine) {
  copy.write("experiments/replay.yaml",
             "experiment: replay\nchip: edge\nnetwork: resnet8_w16\nengine: model\n"
             "mode: training\nbatch: 8\ntrace: resnet8_w16_step\n");
  RunOptions options;
  options.experiment_file = copy.path("experiments/replay.yaml");
  options.engine = engine;
  options.output_directory = copy.output();
  return options;
}

/// The same step on random operands.
inline RunOptions without_trace(const ConfigCopy& copy, Engine engine) {
  copy.write("experiments/bare.yaml",
             "experiment: bare\nchip: edge\nnetwork: resnet8_w16\nengine: model\n"
             "mode: training\nbatch: 8\n");
  RunOptions options = replay(copy, engine);
  options.experiment_file = copy.path("experiments/bare.yaml");
  return options;
}

/// A chip of `cores` on a ring, all else the edge chip's.
inline std::vector<std::string> on_cores(int cores) {
  return {"chip.cores=" + std::to_string(cores), "chip.ring.bytes_per_cycle=128",
          "chip.ring.hop_cycles=1"};
}

inline Json result_of(const ConfigCopy& copy) {
  return Json::parse(ConfigCopy::text_of(copy.output() + "/result.json"));
}

/// Of a run that succeeds, without what may differ between runs that compute the same.
inline Json comparable_result(const ConfigCopy& copy, RunOptions options,
                              const std::vector<std::string>& sets) {
  options.sets = sets;
  REQUIRE(run(options) == "exit 0");
  Json result = result_of(copy);
  for (const char* key : {"host", "overrides"}) result.erase(key);
  return result;
}

inline bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

}  // namespace nibble::test
