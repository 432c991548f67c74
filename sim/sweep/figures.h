// Single figures of a result by their dotted names: energy_j.total, stalls.dram.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/report/chip_report.h"

namespace nibble {

/// The number as it stands in the result; null if there is no such number.
[[nodiscard]] const Json* number_at(const Json& result, const std::string& key);
/// Nothing if there is no such number.
[[nodiscard]] std::optional<double> figure(const Json& result, const std::string& key);

/// As a page prints it: of seconds, joules and watts (time_s, energy_j.total) with a prefix, 42.8
/// ms; of others four digits.
[[nodiscard]] std::string figure_text(const std::string& key, double value);

/// Whether it depends on the experiment if a result has the figure: without a twin there is no
/// speed-up. All other figures are in every result.
[[nodiscard]] bool is_of_some_results(const std::string& key);

/// All numbers, words and truth values below objects, in order; lists are left out.
[[nodiscard]] std::vector<std::pair<std::string, Json>> figures(const Json& result);

/// Names of the numbers among them.
[[nodiscard]] std::vector<std::string> number_names(const Json& result);
/// Of those that every result has, and the sections that some have: the same whichever result.
[[nodiscard]] std::vector<std::string> possible_names(const Json& result);
/// That no result has the figure `key`, as any of them, `result`, shows; `what` names it in a file.
[[nodiscard]] BadInput unknown_figure(const InputPlace& place, const std::string& what,
                                      const std::string& key, const Json& result);

}  // namespace nibble
