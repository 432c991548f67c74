// MACs of a step by layer and pass: those of its GEMMs, and those that shapes alone ask for.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "sim/workload/workload.h"

namespace nibble::test {

/// Multiply-accumulates of the GEMMs by layer and pass.
using PassMacs = std::map<std::pair<std::string, GemmPass>, std::int64_t>;
[[nodiscard]] PassMacs macs_of(const Workload& workload);

/// The same from the layers' shapes alone, tap by tap where a stride skips some.
[[nodiscard]] PassMacs expected_macs(const Network& network, const WorkloadOptions& options);

}  // namespace nibble::test
