#include "sim/sweep/settings_check.h"

#include <optional>

#include "sim/base/text_end.h"
#include "sim/sweep/resolved_point.h"

namespace nibble {
namespace {

/// Of a long axis so many values are tried: reading a point of ResNet-50 takes 4 ms, so all of them
/// are told within half a second.
constexpr std::size_t kMostTried = 128;

/// A setting of the first point, and where the sweep's file has it.
struct PlacedSetting {
  Setting setting;
  const Axis* axis;  // nothing: it stands in set
  InputPlace place;

  [[nodiscard]] std::string key() const {
    return (axis != nullptr ? "axes." : "set.") + setting.first;
  }
};

InputPlace value_place(const Axis& axis, std::size_t value) {
  return axis.value_places.empty() ? axis.place : axis.value_places[value];
}

std::vector<PlacedSetting> first_settings(const Sweep& sweep) {
  std::vector<PlacedSetting> settings;
  for (const Setting& setting : sweep.set) {
    const auto place = sweep.set_places.find(setting.first);
    settings.push_back(
        {setting, nullptr,
         place != sweep.set_places.end() ? place->second : InputPlace{sweep.file, 0, 0}});
  }
  for (const Axis& axis : sweep.axes) {
    for (std::size_t i = 0; i < axis.keys.size(); ++i) {
      settings.push_back({{axis.keys[i], axis.values.front()[i]}, &axis, axis.place});
    }
  }
  return settings;
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
    if (fault.kind() == FaultKind::unknown_key) return {false, fault};
    return {true, std::nullopt};
  }
}

void check_key(const Sweep& sweep, const PlacedSetting& at) {
  const KeyFault alone = key_fault(sweep.experiment_file, {at.setting});
  if (!alone.unknown) return;
  // A key may be known only beside others, such as that of another chip or network.
  const auto is_known_beside = [&](Point point) {
    point.push_back(at.setting);
    return key_fault(sweep.experiment_file, point).is_known;
  };
  if (is_known_beside(sweep.set)) return;
  for (const Axis& other : sweep.axes) {
    if (&other == at.axis) continue;
    for (const std::vector<std::string>& values : other.values) {
      Point point = sweep.set;
      for (std::size_t i = 0; i < values.size(); ++i) point.emplace_back(other.keys[i], values[i]);
      if (is_known_beside(point)) return;
    }
  }
  throw BadInput(at.place, at.key(), alone.unknown->fault(), alone.unknown->allowed());
}

std::optional<BadInput> reading_fault(const Sweep& sweep, const std::vector<std::size_t>& values) {
  try {
    (void)read_point(sweep, point_at(sweep, values));
    return std::nullopt;
  } catch (const BadInput& fault) {
    return fault;
  }
}

/// Of so many values: the first, the last, and some between.
std::vector<std::size_t> tried_values(std::size_t size) {
  std::vector<std::size_t> tried;
  const std::size_t step = 1 + size / kMostTried;
  for (std::size_t value = 0; value < size; value += step) tried.push_back(value);
  if (tried.back() != size - 1) tried.push_back(size - 1);
  return tried;
}

/// Bounds that are another key's value may be told differently.
bool is_same(const BadInput& one, const BadInput& other) {
  return one.file() == other.file() && one.key() == other.key() && one.fault() == other.fault();
}

/// Whether reading says the same of the points that differ from this one in one axis, other than
/// `fixed`.
bool is_said_beside_others(const Sweep& sweep, std::vector<std::size_t> values,
                           std::optional<std::size_t> fixed, const BadInput& fault) {
  for (std::size_t axis = 0; axis < values.size(); ++axis) {
    if (axis == fixed) continue;
    const std::size_t own = values[axis];
    for (const std::size_t value : tried_values(sweep.axes[axis].values.size())) {
      if (value == own) continue;
      values[axis] = value;
      const std::optional<BadInput> other = reading_fault(sweep, values);
      if (!other || !is_same(*other, fault)) return false;
    }
    values[axis] = own;
  }
  return true;
}

bool is_told_of(const BadInput& fault, const Setting& setting) {
  return fault.file() == overrides_of({}, {setting}).front().text;
}

/// A file may stumble over another key than the one that was set.
bool is_about(const BadInput& fault, const Setting& setting) {
  return fault.key().empty() || ends_with("." + setting.first, "." + fault.key());
}

/// A fault that `--set` is told of, at the line of the sweep's file that says the same.
BadInput told_of_sweep(const Sweep& sweep, const BadInput& fault) {
  for (const PlacedSetting& at : first_settings(sweep)) {
    if (!is_told_of(fault, at.setting)) continue;
    const bool is_its_own = is_about(fault, at.setting);
    const InputPlace place = at.axis != nullptr ? value_place(*at.axis, 0) : at.place;
    return {place, at.key(), is_its_own ? fault.fault() : fault.key() + ": " + fault.fault(),
            fault.allowed()};
  }
  return fault;  // of the experiment's own files
}

void check_first_point(const Sweep& sweep) {
  const std::vector<std::size_t> first(sweep.axes.size());
  const std::optional<BadInput> fault = reading_fault(sweep, first);
  if (fault && is_said_beside_others(sweep, first, std::nullopt, *fault)) {
    throw told_of_sweep(sweep, *fault);
  }
}

/// A value that its reader takes for none. Bounds may be another key's value, so that one that
/// another axis can make good is left to the points.
void check_value(const Sweep& sweep, std::size_t axis, std::size_t value) {
  std::vector<std::size_t> point(sweep.axes.size());
  point[axis] = value;
  const std::optional<BadInput> fault = reading_fault(sweep, point);
  if (!fault || fault->kind() != FaultKind::bad_value) return;
  const Axis& at = sweep.axes[axis];
  for (std::size_t i = 0; i < at.keys.size(); ++i) {
    const Setting setting{at.keys[i], at.values[value][i]};
    if (!is_told_of(*fault, setting) || !is_about(*fault, setting)) continue;
    if (!is_said_beside_others(sweep, point, axis, *fault)) return;
    throw BadInput(value_place(at, value), "axes." + setting.first, fault->fault(),
                   fault->allowed());
  }
}

}  // namespace

void check_settings(const Sweep& sweep) {
  for (const PlacedSetting& at : first_settings(sweep)) check_key(sweep, at);
  check_first_point(sweep);
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    for (const std::size_t value : tried_values(sweep.axes[axis].values.size())) {
      check_value(sweep, axis, value);
    }
  }
}

}  // namespace nibble
