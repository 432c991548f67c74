// A point of a sweep with all its files read: what it is, before it runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/yaml_document.h"
#include "sim/driver/experiment.h"
#include "sim/report/chip_report.h"
#include "sim/sweep/design_space.h"
#include "sim/sweep/file_state.h"

namespace nibble {

struct ResolvedPoint {
  /// Of the program and of all that it will read: two points with equal keys have equal results.
  std::string key;
  std::optional<Experiment> experiment;
  std::string fault;  // without an experiment: why
  FileStates files;   // that it will read itself, as they were when they went into the key
};

/// Reads points of one sweep by one program.
class PointResolver {
 public:
  PointResolver(const Sweep& sweep, std::string program)
      : sweep_(sweep), program_(std::move(program)) {}

  [[nodiscard]] ResolvedPoint resolve(const Point& point);

 private:
  [[nodiscard]] std::string key_of(const std::string& text, const Experiment* experiment,
                                   FileStates& files);
  [[nodiscard]] std::string samples_key(const InferenceExperiment& inference, FileStates& files);
  [[nodiscard]] const std::string& file_key(const std::string& file, FileStates& files);

  struct KnownFile {
    FileState state;
    std::string key;
  };

  const Sweep& sweep_;
  std::string program_;
  std::map<std::string, KnownFile> known_files_;  // traces, weights, data sets: read if they change
  std::map<std::string, std::string> datasets_;   // of weights, by the key of their file
};

/// Of what all points have and of one point, as `--set` would say it.
[[nodiscard]] std::vector<YamlOverride> overrides_of(const std::vector<Setting>& set,
                                                     const Point& point);

/// The experiment at a point. Throws BadInput, which names the setting whose fault it is.
[[nodiscard]] Experiment read_point(const Sweep& sweep, const Point& point);

/// Figures of the point's chip that are known beforehand, by the keys of result.json.
[[nodiscard]] Json figures_beforehand(const Experiment& experiment);

}  // namespace nibble
