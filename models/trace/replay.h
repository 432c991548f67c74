// Compute an operation of a trace again and compare with what the trainer stored.
#pragma once

#include <cstdint>
#include <vector>

#include "models/trace/trace.h"

namespace nibble {

/// The result tensor (layout of result_shape) that `gemm` yields for an operation's operands.
[[nodiscard]] std::vector<Fp16Code> replay(const Trace& trace, const TraceOperation& operation,
                                           const GemmFunction& gemm);

/// Number of results in which replay() differs from the stored tensor.
[[nodiscard]] std::int64_t count_mismatches(const Trace& trace, const TraceOperation& operation,
                                            const GemmFunction& gemm);

}  // namespace nibble
