// Experiments as tests read them: with overrides, or for the fault that they are refused with.
#pragma once

#include <string>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/driver/experiment.h"

namespace nibble::test {

inline constexpr const char* kQuickstart = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";

inline Experiment read(const std::vector<std::string>& sets,
                       const std::string& file = kQuickstart) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_experiment(file, overrides);
}

inline std::string fault_of(const std::vector<std::string>& sets,
                            const std::string& file = kQuickstart) {
  try {
    (void)read(sets, file);
    return "";
  } catch (const BadInput& error) {
    return error.what();
  }
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace nibble::test
