// How the axes of an ONNX tensor walk through a layer's output.
//
// ONNX graphs move axes about (Reshape, Transpose, Squeeze): attention splits channels into heads
// and puts them before the positions. A Network has no such steps, its tensors are [N,H,W,C]. So
// each ONNX tensor is a layer's output seen through a view: every axis is a list of digits, slowest
// first, each a part of the index along N, H, W or C. [2,7,12] of N, H, C, reshaped to [2,7,4,3]
// and transposed to [2,4,7,3], is  N | C/3 | H | C%3.
//
// A view holds every element exactly once. What cannot be written so (a reshape across the borders
// of digits) has no view. Used by layer_builder.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/layers/network.h"

namespace nibble {

enum class Source : std::uint8_t { batch, height, width, channel };

struct Digit {  // (index along source / stride) % extent
  Source source = Source::batch;
  std::int64_t stride = 1, extent = 1;
};
[[nodiscard]] bool operator==(const Digit& a, const Digit& b);

/// Slowest digit first; digits of extent 1 are left out, so an axis of size 1 is empty.
using Axis = std::vector<Digit>;

[[nodiscard]] Axis whole_axis(Source source, std::int64_t extent);
[[nodiscard]] std::int64_t extent(const Axis& axis);

using AxisView = std::vector<Axis>;

[[nodiscard]] std::vector<std::int64_t> extents(const AxisView& view);

/// The same elements in the same order as axes of other sizes.
[[nodiscard]] std::optional<AxisView> regroup(const AxisView& view,
                                              const std::vector<std::int64_t>& dims);
/// Axis i of the result is axis order[i] of the view.
[[nodiscard]] AxisView transpose(const AxisView& view, const std::vector<std::int64_t>& order);

/// [N,C,H,W] of a layer's output.
[[nodiscard]] AxisView image_view(std::int64_t batch, const FeatureShape& shape);

/// Whether the axes hold digits of these sources only.
[[nodiscard]] bool holds_only(const Axis& axis, std::initializer_list<Source> sources);

}  // namespace nibble
