// The shape that a layer makes of its inputs' shapes, and which inputs each kind takes.
// Called by infer_shapes (network.h), layer after layer.
#pragma once

#include <vector>

#include "models/layers/network.h"

namespace nibble {

/// Throws std::invalid_argument "layer NAME: ..." if the inputs do not fit the layer.
[[nodiscard]] FeatureShape infer_output_shape(const Layer& layer,
                                              const std::vector<FeatureShape>& inputs);

/// "HxWxC".
[[nodiscard]] std::string shape_text(const FeatureShape& shape);

}  // namespace nibble
