// The network file that tests of its reader write around: head, layers and what a user is told.
#pragma once

#include "sim/config/network_reader.h"
#include "tests/sim/config/fault_text.h"

namespace nibble::test {

/// Lines 1 to 3; a `precision:` may follow.
inline const std::string kHead =
    "network: tiny\n"
    "input: {height: 8, width: 6, channels: 3}\n"
    "classes: 10\n";
inline const std::string kFirst =
    "layers:\n"
    "  - {name: c1, type: conv, filters: 4, kernel: 3, padding: 1}\n"
    "  - {name: a1, type: pact}\n";
inline const std::string kLast = "  - {name: fc, type: linear, filters: 10, bias: true}\n";

inline Network parse(const std::string& text) { return parse_network(text, "n.yaml"); }

inline std::string fault_in(const std::string& text) {
  return fault_text([&] { (void)parse(text); });
}

}  // namespace nibble::test
