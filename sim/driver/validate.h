// `nibblesim validate`: the RTL against the reference math and both against exact arithmetic that
// was written for this check alone (sim/driver/validate/exact_*.h).
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace nibble {

struct ValidateOptions {
  std::uint64_t seed = 1;
  bool quick = false;        // a twentieth of the random cases, thinner sweeps
  std::string vectors_file;  // not empty: check this file's vectors instead
};

/// The line formats of --vectors and their number bases, for --help.
extern const char* const kValidateVectorsHelp;

/// Checks and prints one table row a unit as it goes: unit, cases, mismatches, seconds. Returns 0
/// if nothing mismatched, else 1. Throws BadInput for a vectors file that cannot be read.
[[nodiscard]] int run_validate(const ValidateOptions& options, std::ostream& out);
/// The same to standard output.
[[nodiscard]] int run_validate(const ValidateOptions& options);

}  // namespace nibble
