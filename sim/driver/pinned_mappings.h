// The mappings that an experiment pins: which operation each is of, and whether the chip can keep
// to it. Fed by the experiment, read before anything is simulated.
#pragma once

#include "sim/compiler/compiler.h"
#include "sim/driver/experiment.h"
#include "sim/workload/workload.h"

namespace nibble {

/// The experiment's pinned mappings by operation, without what they say of the split where one core
/// has nothing to split. Throws BadInput if one names no operation, or a split that the operation
/// does not allow.
[[nodiscard]] MappingTable pinned_mappings(const Experiment& experiment, const Workload& workload);

/// Throws BadInput for a pin whose blocks do not fit the stream buffer, or that the array cannot
/// run: which of its sizes is too large for which part of the array.
void check_pins(const Experiment& experiment, const Workload& workload,
                const CompilerTarget& target, const StepCompiler& compiler,
                const MappingTable& pinned);

}  // namespace nibble
