// The page's parts on what a run spent: cycles by cause, bytes of DRAM and ring, joules.
#pragma once

#include "sim/report/page.h"

namespace nibble {

void add_costs(Page& page, const Json& result);

}  // namespace nibble
