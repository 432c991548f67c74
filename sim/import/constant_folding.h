// Values of small constants: exported graphs compute shapes with nodes (Shape, Gather, Unsqueeze,
// Concat feeding a Reshape). Called by shape_table. Internal to sim/import.
#pragma once

#include <optional>
#include <vector>

#include <onnx/onnx_pb.h>

#include "sim/import/tensor_facts.h"

namespace nibble {

/// The values of the node's first output, whose shape is known; nothing if they cannot be known.
/// `inputs` has a null pointer for an input that is left out. All values are finite.
[[nodiscard]] std::optional<std::vector<double>> fold_constant(
    const onnx::NodeProto& node, const std::vector<const TensorFacts*>& inputs,
    const TensorFacts& output);

/// The values of a tensor in the file, if it is small, of a number type and not in another file.
[[nodiscard]] std::optional<std::vector<double>> tensor_values(const onnx::TensorProto& tensor);

/// One tensor with these values for libonnx's shape functions; nothing for other types than those
/// of indices and numbers.
[[nodiscard]] std::optional<onnx::TensorProto> as_tensor(const TensorFacts& facts);

}  // namespace nibble
