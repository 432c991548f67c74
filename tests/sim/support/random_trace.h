// A trace made up for a program: random codes for every operand, results by the reference GEMMs.
#pragma once

#include "models/trace/trace.h"
#include "sim/command/program.h"
#include "sim/config/chip_config.h"
#include "tests/sim/support/pick.h"

namespace nibble::test {

/// Every GEMM operation of `program`, so that ReplayExecutor accepts it. Chunks are as long as the
/// chip's arrays have lanes; results come from gemm_reference and fp16_gemm_reference.
[[nodiscard]] Trace random_trace(Random& random, const Program& program, const ChipConfig& chip,
                                 AccumulatorType accumulator);

}  // namespace nibble::test
