// How many zeros the operands of a trace have: what energies of its MACs depend on.
#pragma once

#include "models/trace/trace.h"
#include "sim/silicon/mac_energy.h"

namespace nibble {

/// `otherwise`, with the shares of every kind of operands that the trace has and the chip does not
/// give: of a product's two tensors, mean over all products. Taken together they are as if
/// independent, and the padding at an image's edge counts as the tensor does. In fp16_step a 4-bit
/// GEMM has the zeros of its activations alone.
[[nodiscard]] WorkloadOperands trace_operands(const Trace& trace,
                                              const WorkloadOperands& otherwise);

}  // namespace nibble
