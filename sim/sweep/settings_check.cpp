#include "sim/sweep/settings_check.h"

#include <optional>

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

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// A fault that `--set` is told of, at the line of the sweep's file that says the same.
BadInput told_of_sweep(const Sweep& sweep, const BadInput& fault) {
  for (const PlacedSetting& at : first_settings(sweep)) {
    if (fault.file() != overrides_of({}, {at.setting}).front().text) continue;
    // A file may stumble over another key than the one that was set.
    const bool is_its_own =
        fault.key().empty() || ends_with("." + at.setting.first, "." + fault.key());
    return {at.place, at.key(), is_its_own ? fault.fault() : fault.key() + ": " + fault.fault(),
            fault.allowed()};
  }
  return fault;  // of the experiment's own files
}

void check_values(const Sweep& sweep) {
  std::vector<std::size_t> values(sweep.axes.size());
  const std::optional<BadInput> fault = reading_fault(sweep, values);
  if (!fault) return;
  for (std::size_t axis = 0; axis < values.size(); ++axis) {
    const std::size_t size = sweep.axes[axis].values.size();
    const std::size_t step = 1 + size / kMostTried;
    for (values[axis] = step; values[axis] < size; values[axis] += step) {
      const std::optional<BadInput> other = reading_fault(sweep, values);
      if (!other || std::string(other->what()) != fault->what()) return;
    }
    values[axis] = 0;
  }
  throw told_of_sweep(sweep, *fault);
}

}  // namespace

void check_settings(const Sweep& sweep) {
  for (const PlacedSetting& at : first_settings(sweep)) check_key(sweep, at);
  check_values(sweep);
}

}  // namespace nibble
