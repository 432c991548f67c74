// layers.csv: the layers[] of a result as a table, one line a stage.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

[[nodiscard]] std::string layers_csv(const Json& result);

}  // namespace nibble
