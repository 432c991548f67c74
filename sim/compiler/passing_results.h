// Which GEMM results need no place of their own: those that the next operation of the same stage,
// an element-wise run, is the only one to read. It can take them block by block from where the
// array leaves them (chained_run.h).
#pragma once

#include <vector>

#include "sim/workload/workload.h"

namespace nibble {

/// By operation: it is a GEMM, and the operation after it alone uses its result.
[[nodiscard]] std::vector<bool> passing_results(const Workload& workload);

/// By tensor: nobody but such pairs uses it.
[[nodiscard]] std::vector<bool> passing_tensors(const Workload& workload);

}  // namespace nibble
