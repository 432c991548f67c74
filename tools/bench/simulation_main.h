// The main of the benchmarks that simulate a chip: simulation_main.cpp calls what they define.
#pragma once

namespace nibble {

/// Prints its table; returns the exit code. Runs from the root of the repository.
int run_benchmark();

}  // namespace nibble
