// Which elements of an axis a Slice node takes. Internal to sim/import.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <onnx/onnx_pb.h>

#include "sim/import/tensor_facts.h"

namespace nibble {

struct SliceRange {  // elements begin, begin + step, ...; the step may be negative
  std::int64_t axis = 0, begin = 0, count = 0, step = 1;
};

/// One range an axis that the node names; nothing if its bounds are no known constants or do not
/// fit `dims`, the shape of what is sliced.
[[nodiscard]] std::optional<std::vector<SliceRange>> slice_ranges(
    const onnx::NodeProto& node, const std::vector<const TensorFacts*>& inputs,
    const std::vector<std::int64_t>& dims);

}  // namespace nibble
