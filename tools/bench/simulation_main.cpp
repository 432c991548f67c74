#include "tools/bench/simulation_main.h"

#include <cstdlib>
#include <exception>

#include <fmt/core.h>

// libsystemc brings main() and calls this; its header, which is not needed here, declares it extern
// "C".
extern "C" int sc_main(int, char**) {
  try {
    return nibble::run_benchmark();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
