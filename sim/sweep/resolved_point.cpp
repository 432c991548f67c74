#include "sim/sweep/resolved_point.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/config/config_record.h"
#include "sim/config/override_fault.h"
#include "sim/driver/experiment_run.h"
#include "sim/report/chip_facts.h"
#include "sim/sweep/content_hash.h"

namespace nibble {
namespace {

std::vector<YamlOverride> overrides_of(const std::vector<Setting>& set, const Point& point) {
  std::vector<YamlOverride> overrides;
  for (const std::vector<Setting>* settings : {&set, &point}) {
    for (const auto& [key, value] : *settings) {
      overrides.push_back(parse_override(fmt::format("{}={}", key, value)));
    }
  }
  return overrides;
}

/// Whether the fault is that the file has no such key, rather than no such value.
bool is_unknown_key(const BadInput& fault) {
  for (const char* words : {"unknown key", "has no item", "is a value, without a key"}) {
    if (fault.fault().rfind(words, 0) == 0) return true;
  }
  return false;
}

/// What reading says of the last of the settings.
struct KeyFault {
  bool is_known = false;
  std::optional<BadInput> unknown;  // that there is no such key; neither: something else is wrong
};

KeyFault key_fault(const std::string& file, const Point& settings) {
  const std::vector<YamlOverride> overrides = overrides_of({}, settings);
  try {
    (void)read_experiment(file, overrides);
    return {true, std::nullopt};
  } catch (const BadInput& fault) {
    if (fault.file() != overrides.back().text) return {};
    if (is_unknown_key(fault)) return {false, fault};
    return {true, std::nullopt};
  }
}

}  // namespace

const std::string& PointResolver::file_key(const std::string& file) {
  const auto [known, is_new] = file_keys_.try_emplace(file);
  if (is_new) known->second = file_hash(file);
  return known->second;
}

std::string PointResolver::key_of(const std::string& text, const Experiment* experiment) {
  std::string all = program_ + "\n" + text;
  if (experiment != nullptr) {
    if (!experiment->trace_file.empty()) all += file_key(experiment->trace_file);
    if (experiment->inference) all += file_key(experiment->inference->weights_file);
  }
  return content_hash(all);
}

ResolvedPoint PointResolver::resolve(const Point& point) {
  ResolvedPoint resolved;
  const ConfigRecord record;
  try {
    resolved.experiment = read_overridden(overrides_of(sweep_.set, point),
                                          [&](const std::vector<YamlOverride>& overrides) {
                                            return read_runnable(sweep_.experiment_file, overrides);
                                          });
    resolved.key = key_of(record.text(), &*resolved.experiment);
  } catch (const BadInput& fault) {
    resolved.fault = fault.what();
    // The files that were read may not hold what the fault is about.
    resolved.key = key_of(record.text() + resolved.fault, nullptr);
  }
  return resolved;
}

void PointResolver::check_keys() const {
  for (const Setting& setting : sweep_.set) {
    const KeyFault alone = key_fault(sweep_.experiment_file, {setting});
    if (!alone.unknown) continue;
    throw BadInput({sweep_.file, 0, 0}, "set." + setting.first, alone.unknown->fault(),
                   alone.unknown->allowed());
  }
  for (const Axis& axis : sweep_.axes) {
    for (std::size_t i = 0; i < axis.keys.size(); ++i) check_axis_key(axis, i);
  }
}

void PointResolver::check_axis_key(const Axis& axis, std::size_t key) const {
  const Setting setting{axis.keys[key], axis.values.front()[key]};
  const KeyFault alone = key_fault(sweep_.experiment_file, {setting});
  if (!alone.unknown) return;
  // A key may be known only beside others, such as that of another chip or network.
  const auto is_known_beside = [&](Point point) {
    point.push_back(setting);
    return key_fault(sweep_.experiment_file, point).is_known;
  };
  if (is_known_beside(sweep_.set)) return;
  for (const Axis& other : sweep_.axes) {
    if (&other == &axis) continue;
    for (const std::vector<std::string>& values : other.values) {
      Point point = sweep_.set;
      for (std::size_t i = 0; i < values.size(); ++i) point.emplace_back(other.keys[i], values[i]);
      if (is_known_beside(point)) return;
    }
  }
  throw BadInput(axis.place, "axes." + setting.first, alone.unknown->fault(),
                 alone.unknown->allowed());
}

Json figures_beforehand(const Experiment& experiment) {
  return chip_facts(experiment.chip, experiment.energy);
}

}  // namespace nibble
