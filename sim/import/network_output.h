// The number of classes that an imported network yields. Called by the importers when the last
// layer's shape is known.
#pragma once

#include "models/layers/network.h"
#include "sim/import/distinct_names.h"

namespace nibble {

/// The last layer's channels, one vector of logits a position, or all its elements if it has one
/// position or one channel (then a reshape NAME.out makes them channels). A network has at least
/// two classes: where a single number comes out, a traffic layer NAME.out stands for the decision
/// between two.
void set_classes(Network& network, DistinctNames& names);

}  // namespace nibble
