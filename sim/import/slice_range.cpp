#include "sim/import/slice_range.h"

#include <algorithm>

#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

using Integers = std::optional<std::vector<std::int64_t>>;

/// Bounds are attributes up to opset 9 and inputs since.
Integers bounds(const onnx::NodeProto& node, const std::vector<const TensorFacts*>& inputs,
                std::size_t index, const char* attribute) {
  if (find_attribute(node, attribute) != nullptr) return ints_attribute(node, attribute);
  if (index >= inputs.size() || inputs[index] == nullptr) return std::vector<std::int64_t>{};
  if (!inputs[index]->values) return std::nullopt;
  std::vector<std::int64_t> result;
  for (const double value : *inputs[index]->values) result.push_back(to_integer(value));
  return result;
}

}  // namespace

std::optional<std::vector<SliceRange>> slice_ranges(const onnx::NodeProto& node,
                                                    const std::vector<const TensorFacts*>& inputs,
                                                    const std::vector<std::int64_t>& dims) {
  const Integers starts = bounds(node, inputs, 1, "starts");
  const Integers ends = bounds(node, inputs, 2, "ends");
  const Integers axes = bounds(node, inputs, 3, "axes");
  const Integers steps = bounds(node, inputs, 4, "steps");
  if (!starts || !ends || !axes || !steps || starts->size() != ends->size()) return std::nullopt;
  std::vector<SliceRange> ranges;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    SliceRange range;
    range.axis =
        i < axes->size() ? axis_from_front((*axes)[i], dims.size()) : static_cast<std::int64_t>(i);
    range.step = i < steps->size() ? (*steps)[i] : 1;
    if (range.axis < 0 || range.axis >= static_cast<std::int64_t>(dims.size()) || range.step < 1) {
      return std::nullopt;
    }
    const std::int64_t size = dims[static_cast<std::size_t>(range.axis)];
    const auto place = [size](std::int64_t index) {
      return std::clamp<std::int64_t>(index < 0 ? std::max(index, -size) + size : index, 0, size);
    };
    range.begin = place((*starts)[i]);
    const std::int64_t end = place((*ends)[i]);
    if (end <= range.begin) return std::nullopt;
    range.count = (end - range.begin - 1) / range.step + 1;
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace nibble
