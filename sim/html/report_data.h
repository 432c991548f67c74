// What a folder of results holds, as the report's page takes it.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

/// Of a folder that `nibblesim run -o` or `nibblesim train -o` wrote: {kind: "run" or "training",
/// ...}, see sim/html/README.md. A result stands before a training. Throws BadInput: no such
/// folder, nothing to report in it, a file that cannot be read, is no JSON or of another schema.
[[nodiscard]] Json report_data(const std::string& folder);

}  // namespace nibble
