// The page's last parts: what its numbers rest on, and which checks they passed.
#pragma once

#include "sim/report/page.h"

namespace nibble {

/// Why engines with values have none.
inline constexpr const char* kOnlyFp8 = "all are in fp8, which only the closed form knows";

/// How much larger an FP16 unit is than a 4-bit MAC, and who says so: of a run, or of chip_facts.
void add_density(Page& page, const Json& chip);

void add_sources(Page& page, const Json& result);
void add_checks(Page& page, const Json& result);

}  // namespace nibble
