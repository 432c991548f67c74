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
    if (range.axis < 0 || range.axis >= static_cast<std::int64_t>(dims.size()) || range.step == 0) {
      return std::nullopt;
    }
    const std::int64_t size = dims[static_cast<std::size_t>(range.axis)];
    const bool forward = range.step > 0;  // backward ends may lie one before the first element
    const auto place = [&](std::int64_t index) {
      const std::int64_t from_front = index < 0 ? std::max(index, -size - 1) + size : index;
      return std::clamp<std::int64_t>(from_front, forward ? 0 : -1, forward ? size : size - 1);
    };
    range.begin = place((*starts)[i]);
    const std::int64_t end = place((*ends)[i]);
    const std::int64_t span = forward ? end - range.begin : range.begin - end;
    if (span < 1) return std::nullopt;
    const std::int64_t stride = forward ? range.step : -std::max(range.step, -size - 1);
    range.count = (span - 1) / stride + 1;
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace nibble
