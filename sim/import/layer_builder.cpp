#include "sim/import/layer_builder.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "models/layers/output_shape.h"
#include "sim/import/node_layer_name.h"
#include "sim/import/unused_layers.h"

namespace nibble {
namespace {

bool is_integer(int type) {
  return type == onnx::TensorProto::INT64 || type == onnx::TensorProto::INT32;
}

/// "layer NAME: fault" without its beginning.
std::string fault_alone(const std::string& message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

bool same(const FeatureShape& a, const FeatureShape& b) {
  return a.h == b.h && a.w == b.w && a.c == b.c;
}

}  // namespace

LayerBuilder::LayerBuilder(const OnnxModel& model, const ShapeTable& shapes, std::size_t batch_axis)
    : model_(model), shapes_(shapes), batch_axis_(batch_axis) {
  for (const onnx::NodeProto& node : model.proto.graph().node()) {
    for (const std::string& input : node.input()) ++readers_[input];
  }
  for (const onnx::ValueInfoProto& output : model.proto.graph().output()) ++readers_[output.name()];
  read_input(*real_inputs(model.proto.graph()).front());
}

void LayerBuilder::read_input(const onnx::ValueInfoProto& info) {
  const std::vector<std::int64_t>& dims = shapes_.dims(info.name());
  const std::size_t rank = dims.size();
  if (rank < 1 || rank > 4) {
    throw model_.error(fmt::format("input {} has {} dimensions", info.name(), rank),
                       "allowed are images [N,C,H,W], sequences [N,T,C] or [T,N,C], vectors [N,C] "
                       "and token ids [N,T] or [T,N]");
  }
  if (rank > 1) batch_ = dims[rank == 4 ? 0 : batch_axis_];
  const Axis batch = whole_axis(Source::batch, batch_);
  const std::int64_t other = rank > 1 ? dims[rank == 4 ? 1 : 1 - batch_axis_] : dims[0];
  Activation input;
  if (rank == 4) {
    network_.input = {dims[2], dims[3], dims[1]};
    input.view = image_view(batch_, network_.input);
  } else if (rank == 3) {
    network_.input = {other, 1, dims[2]};
    input.view = {batch, whole_axis(Source::height, other), whole_axis(Source::channel, dims[2])};
  } else {
    const bool ids = is_integer(shapes_.facts(info.name()).type);
    network_.input = ids ? FeatureShape{other, 1, 1} : FeatureShape{1, 1, other};
    input.view = {batch, whole_axis(ids ? Source::height : Source::channel, other)};
    if (rank == 1) input.view.erase(input.view.begin());
  }
  if (batch_axis_ == 1 && (rank == 2 || rank == 3)) std::swap(input.view[0], input.view[1]);
  activations_[info.name()] = std::move(input);
}

bool LayerBuilder::is_activation(const std::string& tensor) const {
  return activations_.count(tensor) != 0;
}

const Activation& LayerBuilder::activation(const onnx::NodeProto& node, int input) const {
  const auto found =
      input < node.input_size() ? activations_.find(node.input(input)) : activations_.end();
  if (found == activations_.end()) {
    throw Unsupported{fmt::format("input {} is a constant", input + 1)};
  }
  return found->second;
}

void LayerBuilder::set(const std::string& tensor, Activation activation) {
  activations_[tensor] = std::move(activation);
}

const TensorFacts& LayerBuilder::facts(const std::string& tensor) const {
  return shapes_.facts(tensor);
}

const std::vector<std::int64_t>& LayerBuilder::dims(const std::string& tensor) const {
  return shapes_.dims(tensor);
}

int LayerBuilder::readers(const std::string& tensor) const {
  const auto found = readers_.find(tensor);
  return found == readers_.end() ? 0 : found->second;
}

const FeatureShape& LayerBuilder::shape(int layer) const {
  return layer < 0 ? network_.input : network_.layers[static_cast<std::size_t>(layer)].output_shape;
}

int LayerBuilder::append(const onnx::NodeProto& node, Layer layer) {
  layer.name = node_layer_name(node) + layer.name;
  return append_named(std::move(layer));
}

int LayerBuilder::append_named(Layer layer) {
  std::vector<FeatureShape> inputs;
  for (const int input : layer.inputs) inputs.push_back(shape(input));
  try {
    layer.output_shape = infer_output_shape(layer, inputs);
  } catch (const std::invalid_argument& error) {
    throw Unsupported{fault_alone(error.what())};
  }
  layer.input_shape = inputs.front();
  layer.name = names_.take(layer.name);
  network_.layers.push_back(std::move(layer));
  return static_cast<int>(network_.layers.size()) - 1;
}

void LayerBuilder::finish(const onnx::NodeProto& node, Layer layer, AxisView view) {
  if (extents(view) != dims(node.output(0))) {
    throw Unsupported{"its output has another shape than a layer of this kind would give it"};
  }
  set(node.output(0), {append(node, std::move(layer)), std::move(view)});
}

Activation LayerBuilder::plain(const onnx::NodeProto& node, const Activation& from,
                               const std::vector<std::int64_t>& dims) {
  return laid_out(node, from, plain_layout(dims));
}

Activation LayerBuilder::laid_out(const onnx::NodeProto& node, const Activation& from,
                                  Layout layout) {
  if (same(layout.shape, shape(from.layer)) && layout.view == from.view) return from;
  Layer reshape;
  reshape.name = ".in";
  reshape.kind = LayerKind::reshape;
  reshape.inputs = {from.layer};
  reshape.output_shape = layout.shape;
  return {append(node, std::move(reshape)), std::move(layout.view)};
}

Activation LayerBuilder::image(const onnx::NodeProto& node, const Activation& from) {
  if (from.view.size() != 4 || extent(from.view[0]) != batch_) {
    throw Unsupported{"its input is no [N,C,H,W]"};
  }
  if (from.view == image_view(batch_, shape(from.layer))) return from;
  return plain(node, from, extents(from.view));
}

Activation LayerBuilder::positions(const onnx::NodeProto& node, const Activation& from) {
  const auto fits = [&](const Activation& activation) {
    return !activation.view.empty() &&
           activation.view.back() == whole_axis(Source::channel, shape(activation.layer).c);
  };
  if (fits(from)) return from;
  Activation result = laid_out(node, from, channels_last(extents(from.view)));
  if (!fits(result)) throw Unsupported{"the last axis of its input is not its channels"};
  return result;
}

Activation LayerBuilder::sequence(const onnx::NodeProto& node, const Activation& from) {
  return joined(node, positions(node, from));
}

Activation LayerBuilder::joined(const onnx::NodeProto& node, const Activation& from) {
  Activation result = from;
  const FeatureShape in = shape(result.layer);
  if (in.w == 1) return result;
  Layer reshape;
  reshape.name = ".in";
  reshape.kind = LayerKind::reshape;
  reshape.inputs = {result.layer};
  reshape.output_shape = {in.h * in.w, 1, in.c};
  result.layer = append(node, std::move(reshape));
  for (Axis& axis : result.view) {
    for (Digit& digit : axis) {
      if (digit.source == Source::height) digit.stride *= in.w;
      if (digit.source == Source::width) digit.source = Source::height;
    }
  }
  result.view = regroup(result.view, extents(result.view)).value();  // joins the digits
  return result;
}

int LayerBuilder::find_batch(const std::vector<std::int64_t>& dims) const {
  if (batch_ > 1) {
    if (batch_axis_ < dims.size() && dims[batch_axis_] == batch_) {
      return static_cast<int>(batch_axis_);
    }
    const auto found = std::find(dims.begin(), dims.end(), batch_);
    if (found != dims.end()) return static_cast<int>(found - dims.begin());
    throw Unsupported{"it mixes the batch with other dimensions"};
  }
  if (dims.size() >= 2 && dims[0] == 1) return 0;
  return dims.size() == 3 && dims[1] == 1 ? 1 : -1;
}

LayerBuilder::Layout LayerBuilder::plain_layout(const std::vector<std::int64_t>& dims) const {
  if (dims.size() != 4 || find_batch(dims) != 0) return channels_last(dims);
  Layout layout;
  layout.shape = {dims[2], dims[3], dims[1]};
  layout.view = image_view(batch_, layout.shape);
  return layout;
}

LayerBuilder::Layout LayerBuilder::channels_last(const std::vector<std::int64_t>& dims) const {
  const int batch = find_batch(dims);
  Layout layout{{1, 1, 1}, AxisView(dims.size())};
  std::vector<std::size_t> rest;  // the axes of a sample
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (static_cast<int>(i) != batch) rest.push_back(i);
  }
  if (batch >= 0) layout.view[static_cast<std::size_t>(batch)] = whole_axis(Source::batch, batch_);
  FeatureShape& shape = layout.shape;
  if (!rest.empty()) {
    shape.c = dims[rest.back()];
    layout.view[rest.back()] = whole_axis(Source::channel, shape.c);
    rest.pop_back();
  }
  if (rest.size() > 1) {
    shape.w = dims[rest.back()];
    layout.view[rest.back()] = whole_axis(Source::width, shape.w);
    rest.pop_back();
  }
  for (; !rest.empty(); rest.pop_back()) {
    const std::int64_t size = dims[rest.back()];
    if (size > 1) layout.view[rest.back()] = {{Source::height, shape.h, size}};
    shape.h *= size;
  }
  return layout;
}

void LayerBuilder::keep_as_traffic(const onnx::NodeProto& node, const std::string& reason) {
  notes_.push_back(
      fmt::format("{}: {}: {}, kept as traffic", model_.file, node_text(node), reason));
  std::vector<int> inputs;
  for (const std::string& input : node.input()) {
    const auto found = activations_.find(input);
    if (found != activations_.end()) inputs.push_back(found->second.layer);
  }
  for (const std::string& output : node.output()) {
    if (output.empty() || readers(output) == 0) continue;
    Layout layout;
    try {
      layout = plain_layout(dims(output));
    } catch (const Unsupported& mixed) {
      throw model_.error(node_text(node) + ": " + reason + "; " + mixed.reason,
                         "allowed is a file exported with batch 1");
    }
    Layer traffic;
    traffic.kind = LayerKind::traffic;
    traffic.inputs = inputs;
    traffic.output_shape = layout.shape;
    set(output, {append(node, std::move(traffic)), std::move(layout.view)});
  }
}

void LayerBuilder::remember_part(int part, int whole) {
  whole_of_part_[layer(part).name] = layer(whole).name;
}

Network LayerBuilder::finished(const std::string& output) {
  const auto found = activations_.find(output);
  if (found == activations_.end() || found->second.layer < 0) {
    throw model_.error("output " + output + " does not depend on the first input through any layer",
                       "allowed is a network");
  }
  remove_unused_layers(network_, found->second.layer);
  std::map<std::string, int> place;
  for (const Layer& layer : network_.layers) {
    place.emplace(layer.name, static_cast<int>(place.size()));
  }
  for (const auto& [part, whole] : whole_of_part_) {
    if (place.count(part) == 0 || place.count(whole) == 0) continue;
    Layer& taken =
        layer(place[part]);  // the whole is needed besides: computing twice would be wrong
    taken.kind = LayerKind::traffic;
    taken.inputs = {place[whole]};
    taken.bias = false;
    notes_.push_back(
        fmt::format("{}: layer {}: some channels of {}, which is read whole too, kept "
                    "as traffic",
                    model_.file, part, whole));
  }
  return std::move(network_);
}

}  // namespace nibble
