// The page that `nibblesim run` prints and keeps as summary.txt, made from result.json alone: every
// number on it can be found there.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

[[nodiscard]] std::string summary_page(const Json& result);

}  // namespace nibble
