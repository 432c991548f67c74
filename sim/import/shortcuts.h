// Convolutions on the side branch of a residual, which training recipes keep in high precision:
// marked, so that a policy can name them. Called by onnx_importer when the graph is complete.
#pragma once

#include "models/layers/network.h"

namespace nibble {

/// Sets `shortcut` of every 1x1 convolution that leads to an add without another GEMM, from a layer
/// that also leads to the add's other input through two GEMMs or more.
void mark_shortcuts(Network& network);

}  // namespace nibble
