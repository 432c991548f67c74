// An ONNX file as its protobuf message, checked as a whole: version, symbolic sizes, bounds.
// Internal to sim/import: protobuf does not leave this folder.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

#include "sim/base/bad_input.h"

namespace nibble {

struct OnnxModel {
  onnx::ModelProto proto;
  std::string file;  // what errors call it
  std::unordered_map<std::string, int> opsets;

  [[nodiscard]] BadInput error(const std::string& fault, const std::string& allowed = {}) const {
    return bad_file(file, fault, allowed);
  }
};

/// `dims` are sizes of symbolic dimensions; a dimension without a name is called INPUT.AXIS. Throws
/// BadInput if the bytes are no ONNX file, need a newer libonnx, or a graph input has a size that
/// is neither written nor given.
[[nodiscard]] OnnxModel parse_onnx_model(
    const std::string& bytes, const std::string& file,
    const std::vector<std::pair<std::string, std::int64_t>>& dims);

/// "node NAME (OP)" for messages; a node without a name is called by its first output.
[[nodiscard]] std::string node_text(const onnx::NodeProto& node);

/// The graph's inputs without those that only give an initializer's shape (files before IR 4).
[[nodiscard]] std::vector<const onnx::ValueInfoProto*> real_inputs(const onnx::GraphProto& graph);

}  // namespace nibble
