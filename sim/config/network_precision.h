// The `precision:` block of a network file: which multiplying layer computes in which arithmetic.
// Fed by network_reader.cpp only.
#pragma once

#include "models/layers/network.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// Sets Layer::precision of every conv and linear layer. Throws BadInput on a policy that names no
/// such layer.
void apply_precision(const YamlMap& policy, Network& network);

}  // namespace nibble
