// `nibblesim report`: a folder of results as one HTML file.
#pragma once

#include <string>

namespace nibble {

struct ReportOptions {
  std::string folder;
  std::string output_file;  // empty: report.html in the folder
};

/// Writes the report and prints its path and size. Returns 0; throws BadInput.
[[nodiscard]] int run_report(const ReportOptions& options);

}  // namespace nibble
