// What the SIMD GEMMs offer beyond gemm.h: which instruction sets this machine can run, and a way
// to hold them to one of them. Tests force every path in turn, tools/bench measures them.
#pragma once

#include <string>
#include <vector>

namespace nibble {

/// Names of the compiled instruction sets that this CPU runs, best first: Highway's AVX3_DL
/// (AVX-512 with VNNI), AVX3, AVX2, SSE4, SSSE3 and SCALAR or EMU128.
[[nodiscard]] std::vector<std::string> simd_instruction_sets();

/// The one that gemm() uses now.
[[nodiscard]] std::string simd_instruction_set();

/// While it lives, every SIMD function of the process uses `name` (one of simd_instruction_sets(),
/// otherwise std::invalid_argument). Not for threads that multiply at the same time.
class ForcedInstructionSet {
 public:
  explicit ForcedInstructionSet(const std::string& name);
  ~ForcedInstructionSet();
  ForcedInstructionSet(const ForcedInstructionSet&) = delete;
  ForcedInstructionSet& operator=(const ForcedInstructionSet&) = delete;
};

}  // namespace nibble
