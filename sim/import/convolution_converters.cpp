#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "models/layers/output_shape.h"
#include "sim/import/converters.h"
#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

/// The sizes that slide over an image; both axes must agree, as a Network's windows are square.
struct Window {
  std::int64_t kernel = 1, stride = 1;
  std::int64_t pads[2] = {0, 0};  // of both edges together, along H and W
  bool same = false;              // the exporter leaves the padding to the reader
};

std::int64_t square(const std::vector<std::int64_t>& sizes, const char* what) {
  if (sizes.empty()) return 1;
  if (sizes.size() != 2) throw Unsupported{fmt::format("a {} of {} axes", what, sizes.size())};
  if (sizes[0] != sizes[1]) {
    throw Unsupported{fmt::format("a {} of {} x {}, not square", what, sizes[0], sizes[1])};
  }
  return sizes[0];
}

Window read_window(const onnx::NodeProto& node, const std::vector<std::int64_t>& kernel) {
  Window window;
  window.kernel = square(kernel, "kernel");
  window.stride = square(ints_attribute(node, "strides"), "stride");
  if (square(ints_attribute(node, "dilations"), "dilation") != 1 && window.kernel > 1) {
    throw Unsupported{"a dilated window"};
  }
  const std::string padding = string_attribute(node, "auto_pad", "NOTSET");
  window.same = padding == "SAME_UPPER" || padding == "SAME_LOWER";
  const std::vector<std::int64_t> pads = ints_attribute(node, "pads");
  if (padding == "NOTSET" && pads.size() == 4) {
    for (const std::size_t axis : {0U, 1U}) window.pads[axis] = pads[axis] + pads[axis + 2];
  }
  return window;
}

/// A Network pads all edges alike. Exporters pad one edge more where the stride leaves a rest; the
/// same size, and so the same work, comes of a padding that is as large at every edge.
void choose_padding(LayerBuilder& builder, const onnx::NodeProto& node, const Window& window,
                    const Activation& image, Layer& layer) {
  const std::vector<std::int64_t>& wanted = builder.dims(node.output(0));
  std::vector<std::int64_t> choices;
  if (window.same) {
    for (std::int64_t padding = 0; padding < window.kernel; ++padding) choices.push_back(padding);
  } else {
    choices = {window.pads[0] / 2, (window.pads[0] + 1) / 2, window.pads[1] / 2,
               (window.pads[1] + 1) / 2};
  }
  for (const std::int64_t padding : choices) {
    if (padding < 0 || padding >= std::max<std::int64_t>(window.kernel, 1)) continue;
    layer.padding = padding;
    try {
      const FeatureShape out = infer_output_shape(layer, {builder.shape(image.layer)});
      if (out.h == wanted[2] && out.w == wanted[3]) return;
    } catch (const std::invalid_argument&) {
      continue;  // this padding does not fit
    }
  }
  throw Unsupported{"its padding has no equal that is the same at all edges"};
}

void finish_image(LayerBuilder& builder, const onnx::NodeProto& node, Layer layer) {
  const int index = builder.append(node, std::move(layer));
  builder.set(node.output(0), {index, image_view(builder.batch(), builder.shape(index))});
}

}  // namespace

void convert_conv(LayerBuilder& builder, const onnx::NodeProto& node) {
  if (builder.is_activation(node.input(1))) throw Unsupported{"its weights are an activation"};
  const Activation& input = builder.activation(node, 0);
  if (input.view.size() != 4) {
    throw Unsupported{fmt::format("a convolution along {} axes", input.view.size() - 2)};
  }
  const std::vector<std::int64_t>& weights = builder.dims(node.input(1));  // [K,C,R,S]
  if (weights.size() != 4) throw Unsupported{"its weights have another rank than its input"};
  const Window window = read_window(node, {weights.begin() + 2, weights.end()});
  const Activation image = builder.image(node, input);
  Layer layer;
  layer.kind = LayerKind::conv;
  layer.inputs = {image.layer};
  layer.filters = weights[0];
  layer.kernel = window.kernel;
  layer.stride = window.stride;
  layer.groups = int_attribute(node, "group", 1);
  layer.bias = has_input(node, 2);
  choose_padding(builder, node, window, image, layer);
  finish_image(builder, node, std::move(layer));
}

void convert_pool(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation image = builder.image(node, builder.activation(node, 0));
  const Window window = read_window(node, ints_attribute(node, "kernel_shape"));
  Layer layer;
  layer.kind = node.op_type() == "MaxPool" ? LayerKind::max_pool : LayerKind::avg_pool;
  layer.inputs = {image.layer};
  layer.kernel = window.kernel;
  layer.stride = window.stride;
  layer.ceil_mode = int_attribute(node, "ceil_mode", 0) != 0;
  choose_padding(builder, node, window, image, layer);
  finish_image(builder, node, std::move(layer));
}

void convert_global_pool(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation& from = builder.activation(node, 0);
  std::vector<std::int64_t> axes = ints_attribute(node, "axes");
  if (node.op_type() == "GlobalAveragePool") {
    for (std::size_t i = 2; i < from.view.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  std::vector<bool> reduced(from.view.size(), axes.empty());
  for (const std::int64_t axis : axes) {
    const std::int64_t place = axis_from_front(axis, from.view.size());
    if (place >= 0) reduced[static_cast<std::size_t>(place)] = true;
  }
  const bool keeps =
      node.op_type() == "GlobalAveragePool" || int_attribute(node, "keepdims", 1) != 0;
  AxisView view;
  for (std::size_t i = 0; i < from.view.size(); ++i) {
    const Axis& axis = from.view[i];
    const bool spatial = holds_only(axis, {Source::height, Source::width});
    if (reduced[i] ? !spatial : !holds_only(axis, {Source::batch, Source::channel})) {
      throw Unsupported{"it reduces other axes than all positions"};
    }
    if (!reduced[i]) view.push_back(axis);
    if (reduced[i] && keeps) view.emplace_back();
  }
  Layer layer;
  layer.kind = LayerKind::global_avg_pool;
  layer.inputs = {from.layer};
  builder.finish(node, std::move(layer), std::move(view));
}

void convert_batch_norm(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation& from = builder.activation(node, 0);
  const std::int64_t channels = builder.shape(from.layer).c;
  if (from.view.size() < 2 || from.view[1] != whole_axis(Source::channel, channels)) {
    throw Unsupported{"its second axis is not the channels of the layer before"};
  }
  Layer layer;
  layer.kind = LayerKind::batch_norm;
  layer.inputs = {from.layer};
  builder.finish(node, std::move(layer), from.view);
}

}  // namespace nibble
