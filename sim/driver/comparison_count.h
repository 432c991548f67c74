// What became of the results that a run compared: GEMM results of the array's engine against the
// trainer's (a trace) or the model's (synthetic operands).
#pragma once

#include <cstdint>
#include <string>

#include "models/layers/conv_lowering.h"

namespace nibble {

struct ComparisonCount {
  std::int64_t compared = 0;      // fp16 results
  std::int64_t mismatches = 0;    // of them, and of the cycles of commands
  std::string first_mismatch;     // "layer pass: element ..., got ..., trainer ...", if any
  std::int64_t commands = 0;      // of the tile units
  std::int64_t commands_run = 0;  // of them, with values; the others took the closed form
  std::int64_t macs_issued = 0;   // in the main array, with values
  double array_compute_s = 0;     // host time inside its backend
};

[[nodiscard]] inline const char* gemm_pass_name(GemmPass pass) {
  constexpr const char* kNames[] = {"forward", "dgrad", "wgrad"};
  return kNames[static_cast<int>(pass)];
}

}  // namespace nibble
