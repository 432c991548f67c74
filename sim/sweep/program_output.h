// Another program, run to its end for what it says.
#pragma once

#include <string>
#include <vector>

namespace nibble {

struct ProgramOutput {
  int exit_code = 0;  // of one that a signal ended: 128 + signal
  std::string out, err;
};

/// `words` are the program, looked for in PATH, and its arguments. Ctrl-C does not reach it. Throws
/// std::system_error if it cannot be started.
[[nodiscard]] ProgramOutput run_program(const std::vector<std::string>& words);

}  // namespace nibble
