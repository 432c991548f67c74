// Walks a program as the chip would run it, over shadow memories: every command must find the very
// bytes that its operation needs in the scratchpad of its core, in the version its producer left,
// all parts of a sum added up, and be ordered behind everyone who touched them. Knows the workload
// and brute force, not the compiler's tiling.
//
// The conventions it takes from the compiler: a command's write ranges are its outputs in order;
// SFU runs walk inputs and outputs in proportion to their elements; tensors lie in DRAM where
// place_tensors says; those of step_progress.h.
#pragma once

#include <string>

#include "sim/compiler/compiler.h"

namespace nibble::test {

/// The first fault, or an empty string. `mappings` are those that the program was compiled with.
[[nodiscard]] std::string fault_of(const Workload& workload, const CompilerTarget& target,
                                   const Program& program, const MappingTable& mappings = {});

}  // namespace nibble::test
