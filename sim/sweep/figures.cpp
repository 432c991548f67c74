#include "sim/sweep/figures.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sim/base/text_end.h"
#include "sim/config/nearest_word.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

/// First steps of the names of figures that only some results have.
constexpr const char* kOfSome[] = {
    // with a twin
    "speedup_vs_fp16", "energy_gain_vs_fp16", "peak_ratio_vs_fp16", "energy_gain_without_dram",
    "energy_gain_range_vs_fp16", "energy_gain_range_without_dram", "baseline_fp16",
    // of an engine with values, of an experiment with such a section
    "rtl", "accuracy", "inference", "epoch"};

void add_figures(const Json& at, const std::string& path,
                 std::vector<std::pair<std::string, Json>>& found) {
  for (const auto& [key, value] : at.items()) {
    std::string name = path;
    if (!name.empty()) name += '.';
    name += key;
    if (value.is_object()) {
      add_figures(value, name, found);
    } else if (value.is_primitive() && !value.is_null()) {
      found.emplace_back(name, value);
    }
  }
}

/// By a step of the key: energy_j.total is joules. Empty: the figure has none of these units, as
/// rates have not (steps_per_s).
std::string unit_of(const std::string& key) {
  const std::pair<const char*, const char*> units[] = {{"s", "s"}, {"j", "J"}, {"w", "W"}};
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    const std::string step = key.substr(begin, end - begin);
    for (const auto& [suffix, unit] : units) {
      if (ends_with(step, std::string("_") + suffix) &&
          !ends_with(step, std::string("_per_") + suffix)) {
        return unit;
      }
    }
    begin = end + 1;
  }
  return "";
}

}  // namespace

std::string figure_text(const std::string& key, double value) {
  const std::string unit = unit_of(key);
  return unit.empty() ? fmt::format("{:.4g}", value) : with_unit(value, unit);
}

const Json* number_at(const Json& result, const std::string& key) {
  const Json* at = &result;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key.substr(begin, end - begin));
    if (found == at->end()) return nullptr;
    at = &*found;
    begin = end + 1;
  }
  return at->is_number() ? at : nullptr;
}

std::optional<double> figure(const Json& result, const std::string& key) {
  const Json* number = number_at(result, key);
  if (number == nullptr) return std::nullopt;
  return number->get<double>();
}

bool is_of_some_results(const std::string& key) {
  const std::string first = key.substr(0, key.find('.'));
  return std::find(std::begin(kOfSome), std::end(kOfSome), first) != std::end(kOfSome);
}

std::vector<std::pair<std::string, Json>> figures(const Json& result) {
  std::vector<std::pair<std::string, Json>> found;
  add_figures(result, "", found);
  return found;
}

std::vector<std::string> number_names(const Json& result) {
  std::vector<std::string> names;
  for (const auto& [name, value] : figures(result)) {
    if (value.is_number()) names.push_back(name);
  }
  return names;
}

BadInput unknown_figure(const InputPlace& place, const std::string& what, const std::string& key,
                        const Json& result) {
  return {place, what, unknown_fault("figure " + key, key, possible_names(result)),
          "allowed are the numbers of result.json"};
}

std::vector<std::string> possible_names(const Json& result) {
  std::vector<std::string> names(std::begin(kOfSome), std::end(kOfSome));
  for (const std::string& name : number_names(result)) {
    if (!is_of_some_results(name)) names.push_back(name);
  }
  return names;
}

}  // namespace nibble
