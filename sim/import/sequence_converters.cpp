#include "sim/import/converters.h"
#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

/// Rows of a table by ids.
void add_embedding(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& ids) {
  const TensorFacts& table = builder.facts(node.input(0));
  const std::vector<std::int64_t>& dims = builder.dims(node.input(0));
  if (dims.size() != 2 || int_attribute(node, "axis", 0) != 0) {
    throw Unsupported{"it does not look up rows of a table"};
  }
  Layer layer;
  layer.kind = LayerKind::embedding;
  layer.inputs = {ids.layer};
  layer.table_rows = dims[0];
  layer.filters = dims[1];
  if (!table.table.empty()) {
    layer.tied = builder.is_embedding_table(table.table);
    builder.remember_table(table.table);
  }
  AxisView view = ids.view;
  view.push_back(whole_axis(Source::channel, dims[1]));
  builder.finish(node, std::move(layer), std::move(view));
}

bool counts_up_from_zero(const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != static_cast<double>(i)) return false;
  }
  return true;
}

/// One element of an axis, which the result does not have.
void add_selection(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation from = builder.activation(node, 0);
  const TensorFacts& index = builder.facts(node.input(1));
  const std::int64_t place = axis_from_front(int_attribute(node, "axis", 0), from.view.size());
  if (place < 0 || !index.values || !index.dims || !index.dims->empty()) {
    throw Unsupported{"it gathers more than one element"};
  }
  const auto axis = static_cast<std::size_t>(place);
  const std::int64_t size = extent(from.view[axis]);
  const std::int64_t begin =
      axis_from_front(to_integer(index.values->front()), static_cast<std::size_t>(size));
  if (begin < 0) throw Unsupported{"it gathers an element that does not exist"};
  Activation part = take_part(builder, node, from, axis, begin, 1);
  part.view.erase(part.view.begin() + place);
  builder.set(node.output(0), std::move(part));
}

/// The input [T,N,I] of a recurrent node.
Activation sequence_first(LayerBuilder& builder, const onnx::NodeProto& node) {
  if (int_attribute(node, "layout", 0) != 0) throw Unsupported{"its batch is the first axis"};
  Activation from = builder.sequence(node, builder.activation(node, 0));
  const FeatureShape in = builder.shape(from.layer);
  if (from.view.size() != 3 || from.view[0] != whole_axis(Source::height, in.h) ||
      !holds_only(from.view[1], {Source::batch})) {
    if (builder.batch_axis() == 0) throw WrongBatchAxis{};
    throw Unsupported{"its first axis is not the sequence"};
  }
  return from;
}

}  // namespace

bool is_side_embedding(const LayerBuilder& builder, const onnx::NodeProto& node) {
  if (node.op_type() != "Gather" || node.input_size() != 2) return false;
  const TensorFacts& table = builder.facts(node.input(0));
  const TensorFacts& ids = builder.facts(node.input(1));
  const FeatureShape& input = builder.network().input;
  if (table.table.empty() || !table.dims || table.dims->size() != 2 || !ids.dims) return false;
  if (int_attribute(node, "axis", 0) != 0 || input.c != 1 || input.h < 2) return false;
  return elements_of(*ids.dims) == input.h * builder.batch() &&
         !(ids.values && counts_up_from_zero(*ids.values));
}

void convert_gather(LayerBuilder& builder, const onnx::NodeProto& node) {
  if (builder.is_activation(node.input(0))) {
    add_selection(builder, node);
  } else if (builder.is_activation(node.input(1))) {
    add_embedding(builder, node, builder.activation(node, 1));
  } else {
    // The ids walk along the network's own.
    const std::vector<std::int64_t>& dims = builder.dims(node.input(1));
    const Axis batch = whole_axis(Source::batch, builder.batch());
    const Axis positions = whole_axis(Source::height, builder.network().input.h);
    const AxisView both =
        builder.batch_axis() == 0 ? AxisView{batch, positions} : AxisView{positions, batch};
    const auto view = regroup(both, dims);
    if (!view) throw Unsupported{"its indices are laid out unlike the network's input"};
    add_embedding(builder, node, {-1, *view});
  }
}

void convert_recurrent(LayerBuilder& builder, const onnx::NodeProto& node) {
  (void)sequence_first(builder, node);
  throw Unsupported{"a recurrent layer that is no LSTM"};
}

void convert_lstm(LayerBuilder& builder, const onnx::NodeProto& node) {
  if (has_input(node, 7)) throw Unsupported{"an LSTM with peepholes"};
  const Activation from = sequence_first(builder, node);
  Layer layer;
  layer.kind = LayerKind::lstm;
  layer.inputs = {from.layer};
  layer.filters = int_attribute(node, "hidden_size", 0);
  layer.bidirectional = string_attribute(node, "direction", "forward") == "bidirectional";
  const std::int64_t hidden = layer.filters, directions = layer.bidirectional ? 2 : 1;
  const int index = builder.append(node, std::move(layer));

  Axis direction;
  if (directions > 1) direction.push_back({Source::channel, hidden, directions});
  const Axis units = whole_axis(Source::channel, hidden);
  const AxisView all = {from.view[0], direction, from.view[1], units};  // Y [T, directions, N, H]
  if (!node.output(0).empty()) builder.set(node.output(0), {index, all});
  for (int i = 1; i < node.output_size() && i < 3; ++i) {  // of the last step: Y_h, Y_c
    if (node.output(i).empty() || builder.readers(node.output(i)) == 0) continue;
    Layer last;
    last.kind = LayerKind::select_token;
    last.inputs = {index};
    builder.set(node.output(i),
                {builder.append(node, std::move(last)), {direction, from.view[1], units}});
  }
}

}  // namespace nibble
