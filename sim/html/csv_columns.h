// A CSV file of a training as columns: {"step": [10, 20], "loss": [2.1, 1.6], ...}.
#pragma once

#include <string>
#include <vector>

#include "sim/report/chip_report.h"

namespace nibble {

/// Cells are numbers where they look so, null where empty, texts else. A last line that is not
/// ended is left out: the file may be growing. Throws BadInput: a line of another length than the
/// header's, a column of `needed` that is not there.
[[nodiscard]] Json csv_columns(const std::string& file, const std::string& text,
                               const std::vector<std::string>& needed);

}  // namespace nibble
