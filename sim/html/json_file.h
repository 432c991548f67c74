// Files of results that are read back.
#pragma once

#include <string>

#include "sim/base/bad_input.h"
#include "sim/report/chip_report.h"

namespace nibble {

/// All bytes of a file. Throws BadInput.
[[nodiscard]] std::string read_text(const std::string& file);

/// A JSON object whose key `schema` is the one given. Throws BadInput with line and column.
[[nodiscard]] Json read_json(const std::string& file, const std::string& schema);

/// A file of the right schema without all that such a file holds: `fault` says what it lacks.
[[nodiscard]] BadInput lacks_part(const std::string& file, const Json::exception& fault);

}  // namespace nibble
