// One HTML file that shows a run, a training or a sweep: the template with the data in it. It opens
// offline and asks nothing of any server.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

/// `data` is as sim/html/README.md says, its `kind` "run", "training" or "sweep". Of a sweep's
/// points reals keep six digits, but those of objectives all. Throws BadInput where the build could
/// not make the template.
[[nodiscard]] std::string report_page(const Json& data);

}  // namespace nibble
