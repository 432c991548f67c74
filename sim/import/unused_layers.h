// Removes what nobody reads: layers that an importer made and then found a better form for, and
// branches that lead to outputs which are not the network's.
#pragma once

#include "models/layers/network.h"

namespace nibble {

/// Keeps what layer `output` needs, in its order; `output` becomes the last layer.
void remove_unused_layers(Network& network, int output);

}  // namespace nibble
