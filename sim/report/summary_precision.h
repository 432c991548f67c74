// The page's part on which layers multiply in which arithmetic.
#pragma once

#include "sim/report/page.h"

namespace nibble {

void add_precision(Page& page, const Json& result);

}  // namespace nibble
