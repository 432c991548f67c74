// In which format each of a layer's three GEMMs multiplies: the table behind LayerPrecision, and
// what a chip without that format does instead.
#pragma once

#include "sim/workload/workload.h"

namespace nibble {

/// As the policy says: INT4 and FP4 are both nibble4.
[[nodiscard]] TilePrecision gemm_precision(LayerPrecision precision, GemmPass pass);

/// On a chip: an FP16 chip multiplies everything in fp16, an HFP8 chip in fp8 all but the layers
/// that the policy keeps in fp16.
[[nodiscard]] TilePrecision gemm_precision(LayerPrecision precision, GemmPass pass,
                                           ChipPrecision chip);

}  // namespace nibble
