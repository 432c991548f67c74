// Attributes of an ONNX node with their defaults. Internal to sim/import.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace nibble {

[[nodiscard]] inline const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node,
                                                                const char* name) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

[[nodiscard]] inline std::int64_t int_attribute(const onnx::NodeProto& node, const char* name,
                                                std::int64_t otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute != nullptr ? attribute->i() : otherwise;
}

[[nodiscard]] inline std::string string_attribute(const onnx::NodeProto& node, const char* name,
                                                  const std::string& otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute != nullptr ? attribute->s() : otherwise;
}

/// Empty if the attribute is not given.
[[nodiscard]] inline std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node,
                                                              const char* name) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

[[nodiscard]] inline bool has_input(const onnx::NodeProto& node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

/// An axis counted from the end becomes one counted from the front; -1 if there is no such axis.
[[nodiscard]] inline std::int64_t axis_from_front(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) return -1;
  return axis < 0 ? axis + count : axis;
}

}  // namespace nibble
