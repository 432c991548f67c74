// A workload operation by operation, as a text that a person can read and a golden file can keep.
#pragma once

#include <string>

#include "sim/workload/workload.h"

namespace nibble::test {

[[nodiscard]] std::string workload_text(const Workload& workload);

}  // namespace nibble::test
