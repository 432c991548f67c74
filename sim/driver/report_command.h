// `nibblesim report`: a folder of results as one HTML file.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

struct ReportOptions {
  std::string folder;
  std::string output_file;  // empty: report.html in the folder
};

/// Writes a report of `data` (sim/html/README.md) and prints its path and size. Returns 0; throws
/// BadInput.
[[nodiscard]] int write_report(const Json& data, const ReportOptions& options);

}  // namespace nibble
