// A result of `nibblesim run`, read back.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

/// Of a folder that `nibblesim run -o` wrote, or of a result.json. Every key that a comparison
/// reads is there and of its kind. Throws BadInput: no such file, no JSON, no result, one of
/// another schema, a key that is missing or of another kind.
[[nodiscard]] Json read_result(const std::string& path);

}  // namespace nibble
