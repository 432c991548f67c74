// Factors between technology nodes: configs/scaling/*.yaml, a published model with its uncertainty.
#pragma once

#include <string>

#include "sim/base/ranged.h"

namespace nibble {

/// What a quantity of logic at one node is multiplied by to have it at another.
struct NodeFactors {
  Ranged area, energy, delay;
};

/// Throws BadInput; also if the file has nothing from the one node to the other (nanometres).
[[nodiscard]] NodeFactors read_node_factors(const std::string& file, int from_nm, int to_nm);

}  // namespace nibble
