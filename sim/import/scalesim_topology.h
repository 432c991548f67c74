// SCALE-Sim topology files (comma-separated lists of layers, a header line first) as rows with
// checked numbers. Read by scalesim_importer. Two forms, told apart by the header:
//
//   Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//   Strides, Layer, M, N, K,
//
// IFMAP sizes include the padding. A comma at the end of a line is optional, columns behind the
// last one are ignored (notes, sparsity) unless the header calls the ninth a stride, then it is the
// stride along the width. Lines without any field are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/layers/network.h"

namespace nibble {

/// One layer that a Network can hold: a convolution with square filters, or a GEMM.
struct TopologyLayer {
  std::string name;
  bool gemm = false;   // each position of `input` is a row of A
  FeatureShape input;  // padding included
  std::int64_t filters = 0;
  std::int64_t kernel = 1, stride = 1, groups = 1;  // of a convolution
};

/// `round_up`: a last window that hangs over the edge counts whole, as SCALE-Sim counts it;
/// without, it is refused. Throws BadInput with the line.
[[nodiscard]] std::vector<TopologyLayer> parse_topology(const std::string& text,
                                                        const std::string& file, bool round_up);

}  // namespace nibble
