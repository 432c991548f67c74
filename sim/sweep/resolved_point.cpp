#include "sim/sweep/resolved_point.h"

#include <algorithm>

#include "sim/config/config_record.h"
#include "sim/config/nearest_word.h"
#include "sim/driver/experiment_run.h"
#include "sim/report/chip_facts.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/figures.h"

namespace nibble {
namespace {

std::vector<YamlOverride> overrides_of(const std::vector<Setting>& set, const Point& point) {
  std::vector<YamlOverride> overrides;
  for (const std::vector<Setting>* settings : {&set, &point}) {
    for (const auto& [key, value] : *settings)
      overrides.push_back(parse_override(key + "=" + value));
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

/// The fault of a key that is none, with these settings and nothing else.
std::optional<BadInput> unknown_key(const std::string& file, const Point& settings) {
  const std::vector<YamlOverride> overrides = overrides_of({}, settings);
  try {
    (void)read_experiment(file, overrides);
  } catch (const BadInput& fault) {
    const auto is_at = [&](const YamlOverride& change) { return change.text == fault.file(); };
    if (is_unknown_key(fault) && std::any_of(overrides.begin(), overrides.end(), is_at)) {
      return fault;
    }
  }
  return std::nullopt;
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
    resolved.experiment = read_runnable(sweep_.experiment_file, overrides_of(sweep_.set, point));
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
    if (const auto fault = unknown_key(sweep_.experiment_file, {setting})) {
      throw BadInput({sweep_.file, 0, 0}, "set." + setting.first, fault->fault(), fault->allowed());
    }
  }
  Point first = sweep_.set;
  for (const Axis& axis : sweep_.axes) {
    for (std::size_t i = 0; i < axis.keys.size(); ++i)
      first.emplace_back(axis.keys[i], axis.values.front()[i]);
  }
  for (const Axis& axis : sweep_.axes) {
    for (std::size_t i = 0; i < axis.keys.size(); ++i) {
      // A key may be known only beside others, such as that of another chip.
      const auto fault =
          unknown_key(sweep_.experiment_file, {{axis.keys[i], axis.values.front()[i]}});
      if (fault && unknown_key(sweep_.experiment_file, first)) {
        throw BadInput(axis.place, "axes." + axis.keys[i], fault->fault(), fault->allowed());
      }
    }
  }
}

Json figures_beforehand(const Experiment& experiment) {
  return chip_facts(experiment.chip, experiment.energy);
}

bool fulfils(const std::vector<Constraint>& constraints, const Json& known) {
  return std::all_of(constraints.begin(), constraints.end(), [&](const Constraint& constraint) {
    const std::optional<double> value = figure(known, constraint.key);
    if (!value) {
      std::vector<std::string> names;
      for (const auto& [name, number] : figures(known)) {
        if (number.is_number()) names.push_back(name);
      }
      throw BadInput(constraint.place, "constraints.key",
                     unknown_fault("figure " + constraint.key, constraint.key, names),
                     allowed_words(names));
    }
    return *value >= constraint.at_least && *value <= constraint.at_most;
  });
}

}  // namespace nibble
