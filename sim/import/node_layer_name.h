// What a layer is called after the ONNX node that it is made of. Internal to sim/import.
#pragma once

#include <string>

#include <onnx/onnx_pb.h>

namespace nibble {

/// PyTorch calls nodes by module path and operator: /layer1/layer1.0/conv1/Conv becomes
/// layer1.0.conv1. A node without a name is called by its operator.
[[nodiscard]] std::string node_layer_name(const onnx::NodeProto& node);

}  // namespace nibble
