// Puts a pact layer in front of every GEMM that is to compute in 4 bits: foreign networks know
// nothing of PACT, and a 4-bit layer must read one (models/layers/network.h). Called by the
// importers when their graph is complete.
#pragma once

#include "models/layers/network.h"

namespace nibble {

/// Gives every layer that multiplies its precision: fp16 the first, the last and depthwise
/// convolutions, `precision` all others; the policy that network_writer writes says the same.
void choose_precisions(Network& network, LayerPrecision precision);

/// A relu that a 4-bit GEMM reads becomes a pact. Where a GEMM reads anything else, a layer is put
/// between, one for all GEMMs that read the same: pact behind what is never negative (behind relu
/// and softmax, also through pools, concatenations, sums and reshapes), else pact_signed. The
/// network's own input may be read as it is. Shapes are not inferred again.
void insert_four_bit_inputs(Network& network);

}  // namespace nibble
