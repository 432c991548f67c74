#include "sim/sweep/sweep_report.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "sim/sweep/constraints.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/objectives.h"
#include "sim/sweep/pareto.h"
#include "sim/sweep/sweep_file.h"

namespace nibble {
namespace {

/// Besides settings, objectives and bounded figures; what a point lacks is null. Each adds some 40
/// kB to the report of 10,000 points.
constexpr const char* kFigures[] = {"time_s",
                                    "cycles",
                                    "speedup_vs_fp16",
                                    "energy_gain_vs_fp16",
                                    "peak_ratio_vs_fp16",
                                    "energy_j.total",
                                    "energy_j.mac",
                                    "energy_j.scratchpad",
                                    "energy_j.dram",
                                    "average_power_w",
                                    "tops_per_w",
                                    "area_mm2.total",
                                    "area_mm2.tile",
                                    "area_mm2.scratchpad",
                                    "peak_tops",
                                    "sustained_tops",
                                    "utilization",
                                    "dram.peak_gb_per_s",
                                    "dram.utilization",
                                    "dram.bytes_read",
                                    "dram.bytes_written",
                                    "streaming_cycles",
                                    "stalls.weight_load",
                                    "stalls.fill_drain",
                                    "stalls.fp16_tile",
                                    "stalls.sfu",
                                    "stalls.dram",
                                    "stalls.ring",
                                    "stalls.token",
                                    "stalls.idle"};
/// What a point simulates, by its result.
constexpr const char* kSimulated[] = {"network", "mode",   "batch", "sample",
                                      "chip",    "engine", "twin",  "twin_precision"};
constexpr std::size_t kMostDetails = 12;  // points with layers

/// A number if the whole text is one.
Json setting_json(const std::string& text) {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = fault == std::errc() && end == text.data() + text.size();
  return is_number ? Json(number) : Json(text);
}

/// One of kSimulated; "none" is the twin of a run without one. Null if the result lacks it.
Json simulated_value(const Json& result, const std::string& key) {
  const bool is_of_twin = key == "twin" || key == "twin_precision";
  if (!is_of_twin) return result.value(key, Json());
  const auto twin = result.find("baseline_fp16");
  const bool has_twin = twin != result.end() && twin->is_object();
  if (key == "twin") return has_twin ? twin->value("kind", Json()) : Json("none");
  return has_twin ? twin->value("precision", Json()) : Json();
}

struct Columns {
  Json number = Json::array(), fault = Json::array(), outside = Json::array(),
       values = Json::object();
};

/// Columns of settings and figures; goals of the points that may be on the front, by number.
class Collector {
 public:
  explicit Collector(const Sweep& sweep) : sweep_(sweep) {
    for (const char* key : kSimulated) simulated_[key] = Json::array();
    for (const Axis& axis : sweep.axes) {
      for (const std::string& key : axis.keys) settings_.push_back(key);
    }
    for (const Objective& objective : sweep.objectives) figures_.insert(objective.key);
    for (const Constraint& constraint : sweep.constraints) figures_.insert(constraint.key);
    for (const char* key : kFigures) figures_.insert(key);
  }

  /// A point that has been run, to a result or a fault.
  void add(const DesignPoint& point) {
    columns_.number.push_back(point.number);
    columns_.fault.push_back(point.finished.fault);
    columns_.outside.push_back(broken(sweep_.constraints, point.finished.result));
    for (const std::string& key : settings_) {
      const auto setting = std::find_if(point.settings.begin(), point.settings.end(),
                                        [&](const Setting& at) { return at.first == key; });
      const bool is_given = setting != point.settings.end();
      columns_.values[key].push_back(is_given ? setting_json(setting->second) : Json());
    }
    for (const std::string& key : figures_) {
      const Json* number = number_at(point.finished.result, key);
      columns_.values[key].push_back(number != nullptr ? *number : Json());
    }
    if (!point.finished.result.is_object()) return;
    for (const char* key : kSimulated) {
      Json& known = simulated_[key];
      Json value = simulated_value(point.finished.result, key);
      if (value.is_null()) continue;
      if (std::find(known.begin(), known.end(), value) == known.end()) known.push_back(value);
    }
    numbers_.push_back(point.number);
    std::vector<double> goals = goals_within(sweep_, point.finished.result);
    if (goals.empty()) return;
    candidates_.push_back(point.number);
    goals_.push_back(std::move(goals));
  }

  /// Figures that no point has are left out.
  [[nodiscard]] Json points() && {
    Json values = Json::object();
    for (auto& [key, column] : columns_.values.items()) {
      const bool is_used = std::any_of(column.begin(), column.end(),
                                       [](const Json& value) { return !value.is_null(); });
      if (is_used) values[key] = std::move(column);
    }
    return {{"number", columns_.number},
            {"fault", columns_.fault},
            {"outside", columns_.outside},
            {"values", values}};
  }

  /// Different values of what was simulated, as the points have them; one where all agree.
  [[nodiscard]] const Json& simulated() const { return simulated_; }

  /// Numbers of points on the front, then of others.
  [[nodiscard]] std::vector<std::int64_t> most_wanted() const {
    std::vector<std::int64_t> wanted;
    for (const std::size_t at : pareto_front(goals_)) wanted.push_back(candidates_[at]);
    for (const std::int64_t number : numbers_) {
      if (wanted.size() >= kMostDetails) break;
      if (std::find(wanted.begin(), wanted.end(), number) == wanted.end()) wanted.push_back(number);
    }
    wanted.resize(std::min(wanted.size(), kMostDetails));
    return wanted;
  }

 private:
  const Sweep& sweep_;
  std::vector<std::string> settings_;
  std::set<std::string> figures_;
  Columns columns_;
  Json simulated_ = Json::object();
  std::vector<std::int64_t> numbers_;     // of points with results
  std::vector<std::int64_t> candidates_;  // of these, for the front
  std::vector<std::vector<double>> goals_;
};

/// Points of a sweep that is through, as far as can be said without running it.
std::int64_t points_wanted(const Sweep& sweep) {
  if (sweep.search || !sweep.constraints.empty()) return 0;
  return points_asked_for(sweep);
}

/// Values that the file gives each key that it varies, each once.
Json axis_values_json(const Sweep& sweep) {
  Json all = Json::object();
  for (const Axis& axis : sweep.axes) {
    for (std::size_t key = 0; key < axis.keys.size(); ++key) {
      Json& values = all[axis.keys[key]] = Json::array();
      for (const std::vector<std::string>& together : axis.values) {
        const Json value = setting_json(together[key]);
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
      }
    }
  }
  return all;
}

/// How points were chosen. `unlisted`: how many of those the file asks for the design does not
/// have, as they are outside a bound that is known beforehand or the sweep has not come to them;
/// which of the two only running it can tell.
Json sampling_json(const Sweep& sweep, std::int64_t listed) {
  if (sweep.search) return {{"method", "search"}, {"asked", Json()}, {"unlisted", 0}};
  constexpr const char* kMethods[] = {"grid", "random", "latin_hypercube"};
  const std::int64_t asked = points_asked_for(sweep);
  return {{"method", kMethods[static_cast<std::size_t>(sweep.sampling.method)]},
          {"asked", asked},
          {"unlisted", std::max<std::int64_t>(0, asked - listed)}};
}

/// Of every point, in the order of the file.
Json set_json(const Sweep& sweep) {
  Json set = Json::array();
  for (const auto& [key, value] : sweep.set) {
    set.push_back({{"key", key}, {"value", setting_json(value)}});
  }
  return set;
}

/// Bounds that a constraint does not have are null.
Json constraints_json(const Sweep& sweep) {
  Json constraints = Json::array();
  for (const Constraint& constraint : sweep.constraints) {
    const auto bound = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
    constraints.push_back({{"key", constraint.key},
                           {"at_least", bound(constraint.at_least)},
                           {"at_most", bound(constraint.at_most)}});
  }
  return constraints;
}

Json details_of(const PointDatabase& database, const std::vector<std::int64_t>& numbers) {
  Json details = Json::object();
  for (const std::int64_t number : numbers) {
    details[std::to_string(number)] = {{"layers", database.layers_of(number)}};
  }
  return details;
}

}  // namespace

bool holds_sweep(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(std::filesystem::path(folder) / "sweep.db", ignored);
}

Json sweep_report(const std::string& folder) {
  const PointDatabase database(folder);
  const SweepIdentity identity = database.identity();
  const Sweep sweep = parse_sweep(identity.text, database.file());
  Collector collector(sweep);
  std::int64_t listed = 0, run = 0;
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    ++listed;
    if (!point.is_finished) return;
    ++run;
    collector.add(point);
  });
  const std::int64_t wanted = std::max(listed, points_wanted(sweep));
  const std::string part =
      run < wanted ? fmt::format(" ({} of {} points so far)", run, wanted) : "";
  const Json details = details_of(database, collector.most_wanted());

  Json axes = Json::array(), objectives = Json::array();
  for (const Axis& axis : sweep.axes) {
    for (const std::string& key : axis.keys) axes.push_back(key);
  }
  for (const Objective& objective : sweep.objectives) {
    objectives.push_back(
        {{"key", objective.key}, {"goal", objective.maximise ? "maximise" : "minimise"}});
  }
  return {{"kind", "sweep"},
          {"name", identity.name + part},
          {"program", identity.program},
          {"experiment", sweep.experiment},
          {"file", identity.text},
          {"simulated", collector.simulated()},
          {"set", set_json(sweep)},
          {"sampling", sampling_json(sweep, listed)},
          {"axes", axes},
          {"axis_values", axis_values_json(sweep)},
          {"objectives", objectives},
          {"constraints", constraints_json(sweep)},
          {"points", std::move(collector).points()},
          {"details", details}};
}

}  // namespace nibble
