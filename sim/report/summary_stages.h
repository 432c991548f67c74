// The page's parts on single stages: the longest, and those whose mapping the search changed.
#pragma once

#include "sim/report/page.h"

namespace nibble {

void add_stages(Page& page, const Json& result);

}  // namespace nibble
