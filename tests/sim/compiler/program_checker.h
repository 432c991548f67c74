// Walks a program as the chip would run it, over shadow memories: every command must find the very
// bytes that its operation needs, in the version its producer left, and be ordered behind everyone
// who touched them. Knows the workload and brute force, not the compiler's tiling.
//
// The conventions it takes from the compiler: result bytes lie in the order in which blocks finish;
// SFU runs walk inputs and outputs in proportion to their elements; a command's write ranges are
// its outputs in order; tensors lie in DRAM where place_tensors says.
#pragma once

#include <string>

#include "sim/compiler/compiler.h"

namespace nibble::test {

/// The first fault, or an empty string.
[[nodiscard]] std::string fault_of(const Workload& workload, const CompilerTarget& target,
                                   const Program& program);

}  // namespace nibble::test
