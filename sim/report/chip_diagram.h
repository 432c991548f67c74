// The block diagram of a chip as text: its units, what flows between them in a cycle and a second.
#pragma once

#include "sim/report/page.h"

namespace nibble {

/// From chip_facts: one core with its units around the scratchpad, then ring and memory. At most
/// 100 columns.
void add_diagram(Page& page, const Json& facts);

}  // namespace nibble
