#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "sim/import/converters.h"
#include "sim/import/node_attributes.h"
#include "sim/import/slice_range.h"

namespace nibble {
namespace {

/// A GEMM of fewer filters in the place of one whose channels go different ways: a fused projection
/// to queries, keys and values becomes three.
Activation take_channels(LayerBuilder& builder, const Activation& from, std::size_t axis,
                         std::int64_t begin, std::int64_t count) {
  const Digit digit = from.view[axis].front();
  const bool alone = from.layer >= 0 && from.view[axis].size() == 1;
  const Layer whole = alone ? builder.layer(from.layer) : Layer{};
  const bool divisible = alone && (whole.kind == LayerKind::linear ||
                                   (whole.kind == LayerKind::conv && whole.groups == 1));
  if (!divisible) throw Unsupported{"it takes a part of channels that no GEMM computes alone"};
  Layer part = whole;
  part.name += "." + std::to_string(begin % count == 0 ? begin / count : begin);
  part.filters = whole.filters / digit.extent * count;
  Activation result{builder.append_named(std::move(part)), from.view};
  builder.remember_part(result.layer, from.layer);
  for (Axis& digits : result.view) {  // slower digits of the channels move closer together
    for (Digit& other : digits) {
      if (other.source == Source::channel && other.stride > digit.stride) {
        other.stride = other.stride / digit.extent * count;
      }
    }
  }
  result.view[axis].front().extent = count;
  result.view = regroup(result.view, extents(result.view)).value();
  return result;
}

Activation take_first_position(LayerBuilder& builder, const onnx::NodeProto& node,
                               const Activation& from, std::size_t axis) {
  Layer layer;
  layer.kind = LayerKind::select_token;
  layer.inputs = {from.layer};
  Activation result{builder.append(node, std::move(layer)), from.view};
  result.view[axis].clear();
  return result;
}

std::vector<std::int64_t> split_sizes(LayerBuilder& builder, const onnx::NodeProto& node,
                                      std::size_t axis) {
  std::vector<std::int64_t> sizes;
  for (const std::string& output : node.output()) sizes.push_back(builder.dims(output)[axis]);
  return sizes;
}

/// Learned tokens in front of a sequence: constants joined to its positions.
bool prepend_tokens(LayerBuilder& builder, const onnx::NodeProto& node, std::size_t axis) {
  const Activation* sequence = nullptr;
  std::int64_t tokens = 0;
  for (int i = 0; i < node.input_size(); ++i) {
    if (!builder.is_activation(node.input(i))) {
      tokens += builder.dims(node.input(i))[axis];
    } else if (sequence != nullptr) {
      return false;
    } else {
      sequence = &builder.activation(node, i);
    }
  }
  if (tokens == 0 || sequence == nullptr) return false;
  const Activation from = builder.sequence(node, *sequence);
  const std::int64_t positions = builder.shape(from.layer).h;
  if (from.view[axis] != whole_axis(Source::height, positions)) return false;
  Layer layer;
  layer.kind = LayerKind::position_embedding;  // its table follows, if there is one
  layer.inputs = {from.layer};
  layer.extra_tokens = tokens;
  AxisView view = from.view;
  view[axis] = whole_axis(Source::height, positions + tokens);
  builder.finish(node, std::move(layer), std::move(view));
  return true;
}

}  // namespace

Activation take_part(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& from,
                     std::size_t axis, std::int64_t begin, std::int64_t count) {
  const Axis& digits = from.view[axis];
  if (begin == 0 && count == extent(digits)) return from;
  const bool channels = !digits.empty() && holds_only(digits, {Source::channel});
  if (channels) return take_channels(builder, from, axis, begin, count);
  const FeatureShape shape = builder.shape(from.layer);
  // Which position it is costs the same.
  if (count == 1 && shape.w == 1 && digits == whole_axis(Source::height, shape.h)) {
    return take_first_position(builder, node, from, axis);
  }
  throw Unsupported{"it takes a part of the positions"};
}

void convert_pad(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation& from = builder.activation(node, 0);
  if (builder.dims(node.output(0)) != extents(from.view)) {
    throw Unsupported{"padding outside of a convolution or a pool"};
  }
  builder.set(node.output(0), from);
}

void convert_identity(LayerBuilder& builder, const onnx::NodeProto& node) {
  builder.set(node.output(0), builder.activation(node, 0));
}

void convert_reshape(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation from = builder.activation(node, 0);
  const std::vector<std::int64_t>& dims = builder.dims(node.output(0));
  if (elements_of(dims) != elements_of(extents(from.view))) {
    throw Unsupported{"it repeats elements"};
  }
  auto view = regroup(from.view, dims);
  if (!view) {
    builder.set(node.output(0), builder.plain(node, from, dims));
    return;
  }
  Activation result{from.layer, std::move(*view)};
  const FeatureShape shape = builder.shape(from.layer);
  Axis all_positions = whole_axis(Source::height, shape.h);
  for (const Digit& digit : whole_axis(Source::width, shape.w)) all_positions.push_back(digit);
  const bool becomes_sequence = shape.w > 1 && std::find(result.view.begin(), result.view.end(),
                                                         all_positions) != result.view.end();
  builder.set(node.output(0), becomes_sequence ? builder.joined(node, result) : result);
}

void convert_transpose(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation& from = builder.activation(node, 0);
  std::vector<std::int64_t> order = ints_attribute(node, "perm");
  if (order.empty()) {
    order.resize(from.view.size());
    std::iota(order.rbegin(), order.rend(), 0);
  }
  std::vector<std::int64_t> axes = order;
  std::sort(axes.begin(), axes.end());
  for (std::size_t i = 0; i < from.view.size(); ++i) {
    if (axes.size() != from.view.size() || axes[i] != static_cast<std::int64_t>(i)) {
      throw Unsupported{"its order is no permutation of the axes"};
    }
  }
  builder.set(node.output(0), {from.layer, transpose(from.view, order)});
}

void convert_slice(LayerBuilder& builder, const onnx::NodeProto& node) {
  Activation part = builder.activation(node, 0);
  std::vector<const TensorFacts*> inputs;
  for (const std::string& input : node.input()) {
    inputs.push_back(input.empty() ? nullptr : &builder.facts(input));
  }
  const auto ranges = slice_ranges(node, inputs, extents(part.view));
  if (!ranges) throw Unsupported{"its bounds are not known"};
  for (const SliceRange& range : *ranges) {
    if (range.step != 1 && range.count > 1) throw Unsupported{"it skips elements"};
    part = take_part(builder, node, part, static_cast<std::size_t>(range.axis), range.begin,
                     range.count);
  }
  builder.set(node.output(0), std::move(part));
}

void convert_split(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation from = builder.activation(node, 0);
  const std::int64_t place = axis_from_front(int_attribute(node, "axis", 0), from.view.size());
  if (place < 0) throw Unsupported{"it splits an axis that does not exist"};
  const auto axis = static_cast<std::size_t>(place);
  std::int64_t begin = 0;
  const std::vector<std::int64_t> sizes = split_sizes(builder, node, axis);
  for (int i = 0; i < node.output_size(); ++i) {
    const std::int64_t count = sizes[static_cast<std::size_t>(i)];
    builder.set(node.output(i), take_part(builder, node, from, axis, begin, count));
    begin += count;
  }
}

void convert_concat(LayerBuilder& builder, const onnx::NodeProto& node) {
  const std::vector<std::int64_t>& dims = builder.dims(node.output(0));
  const std::int64_t place = axis_from_front(int_attribute(node, "axis", 0), dims.size());
  if (place < 0) throw Unsupported{"it joins along an axis that does not exist"};
  const auto axis = static_cast<std::size_t>(place);
  if (prepend_tokens(builder, node, axis)) return;
  Layer layer;
  layer.kind = LayerKind::concat;
  AxisView view;
  std::int64_t channels = 0;
  for (int i = 0; i < node.input_size(); ++i) {
    const Activation& from = builder.activation(node, i);
    AxisView others = from.view;
    const std::int64_t own = builder.shape(from.layer).c;
    if (others[axis] != whole_axis(Source::channel, own)) {
      throw Unsupported{"it joins along another axis than the channels"};
    }
    others[axis].clear();
    if (i > 0 && others != view) throw Unsupported{"its operands are laid out differently"};
    view = std::move(others);
    channels += own;
    layer.inputs.push_back(from.layer);
  }
  if (layer.inputs.size() == 1) {
    convert_identity(builder, node);
    return;
  }
  view[axis] = whole_axis(Source::channel, channels);
  builder.finish(node, std::move(layer), std::move(view));
}

}  // namespace nibble
