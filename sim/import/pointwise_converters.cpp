#include <algorithm>

#include "sim/import/converters.h"
#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

void finish_unary(LayerBuilder& builder, const onnx::NodeProto& node, LayerKind kind,
                  const Activation& from) {
  Layer layer;
  layer.kind = kind;
  layer.inputs = {from.layer};
  builder.finish(node, std::move(layer), from.view);
}

bool is_pointwise(const Layer& layer) {
  return layer.kind == LayerKind::gelu || layer.kind == LayerKind::relu;
}

bool same_axes(const AxisView& a, const AxisView& b) { return a == b; }

/// The output is the same tensor; a constant may have added axes of size 1.
void pass(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& from) {
  const std::vector<std::int64_t>& dims = builder.dims(node.output(0));
  auto view = regroup(from.view, dims);
  if (!view) throw Unsupported{"a constant broadcasts it to another shape"};
  builder.set(node.output(0), {from.layer, std::move(*view)});
}

/// Whether `inner` is x and `outer` a function of the same x that only this node reads: then the
/// whole is one function of x, which the layer of `outer` can be (gelu is x * erf(x), swish is
/// x * sigmoid(x)).
bool join_functions(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& inner,
                    const Activation& outer, const std::string& outer_tensor) {
  if (outer.layer < 0 || !same_axes(inner.view, outer.view)) return false;
  Layer& layer = builder.layer(outer.layer);
  const bool function_of_inner = is_pointwise(layer) && layer.inputs.front() == inner.layer &&
                                 builder.readers(outer_tensor) == 1;
  if (!function_of_inner) return false;
  layer.kind = LayerKind::gelu;
  builder.set(node.output(0), outer);
  return true;
}

void combine(LayerBuilder& builder, const onnx::NodeProto& node) {
  Activation a = builder.activation(node, 0), b = builder.activation(node, 1);
  if (a.layer == b.layer && same_axes(a.view, b.view)) {
    finish_unary(builder, node, LayerKind::gelu, a);  // x * x
    return;
  }
  if (join_functions(builder, node, a, b, node.input(1)) ||
      join_functions(builder, node, b, a, node.input(0))) {
    return;
  }
  if (extents(a.view) != extents(b.view)) throw Unsupported{"its operands have different shapes"};
  const bool sum = node.op_type() == "Add" || node.op_type() == "Sub";
  const FeatureShape left = builder.shape(a.layer), right = builder.shape(b.layer);
  const bool same_shape = left.h == right.h && left.w == right.w && left.c == right.c;
  if (!same_axes(a.view, b.view) || !same_shape) {
    a = builder.plain(node, a, extents(a.view));
    b = builder.plain(node, b, extents(b.view));
  }
  Layer layer;
  layer.kind = sum ? LayerKind::add : LayerKind::multiply;
  layer.inputs = {a.layer, b.layer};
  builder.finish(node, std::move(layer), a.view);
}

/// The bias of a GEMM that was exported as MatMul and Add.
bool take_bias(LayerBuilder& builder, const onnx::NodeProto& node, int operand,
               const TensorFacts& constant) {
  const Activation& from = builder.activation(node, operand);
  if (from.layer < 0 || constant.table.empty() || builder.readers(node.input(operand)) != 1) {
    return false;
  }
  Layer& layer = builder.layer(from.layer);
  const bool takes = (layer.kind == LayerKind::linear || layer.kind == LayerKind::conv) &&
                     !layer.bias && elements_of(*constant.dims) == layer.filters;
  if (takes) layer.bias = true;
  return takes;
}

/// A table with a row for each position of a sequence.
bool take_positions(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& from,
                    const TensorFacts& constant) {
  const FeatureShape shape = builder.shape(from.layer);
  const std::int64_t positions = shape.h * shape.w;
  if (positions < 2 || from.view.size() > 3 || elements_of(*constant.dims) != positions * shape.c) {
    return false;
  }
  const std::int64_t rows =
      constant.table.empty() ? 0 : std::max(constant.table_elements / shape.c, positions);
  if (from.layer >= 0) {
    Layer& layer = builder.layer(from.layer);
    if (layer.kind == LayerKind::position_embedding && layer.table_rows == 0 &&
        layer.extra_tokens > 0) {
      layer.table_rows = rows;  // the tokens in front were put there for this table
      pass(builder, node, from);
      return true;
    }
  }
  const Activation sequence = builder.sequence(node, from);
  Layer layer;
  layer.kind = LayerKind::position_embedding;
  layer.inputs = {sequence.layer};
  layer.table_rows = rows;
  builder.finish(node, std::move(layer), sequence.view);
  return true;
}

}  // namespace

void convert_relu(LayerBuilder& builder, const onnx::NodeProto& node) {
  finish_unary(builder, node, LayerKind::relu, builder.activation(node, 0));
}

void convert_clip(LayerBuilder& builder, const onnx::NodeProto& node) {
  double least = 0;
  if (const onnx::AttributeProto* min = find_attribute(node, "min"); min != nullptr) {
    least = min->f();
  } else if (has_input(node, 1) && builder.facts(node.input(1)).values) {
    least = builder.facts(node.input(1)).values->front();
  }
  finish_unary(builder, node, least >= 0 ? LayerKind::relu : LayerKind::gelu,
               builder.activation(node, 0));
}

void convert_smooth(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation from = builder.activation(node, 0);
  const bool alone = from.layer >= 0 && builder.layer(from.layer).kind == LayerKind::gelu &&
                     builder.readers(node.input(0)) == 1;
  if (alone) {
    pass(builder, node, from);  // a function of a function of x is one function of x
  } else {
    finish_unary(builder, node, LayerKind::gelu, from);
  }
}

void convert_softmax(LayerBuilder& builder, const onnx::NodeProto& node) {
  finish_unary(builder, node, LayerKind::softmax, builder.activation(node, 0));
}

void convert_layer_norm(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation from = builder.positions(node, builder.activation(node, 0));
  finish_unary(builder, node, LayerKind::layer_norm, from);
}

void convert_binary(LayerBuilder& builder, const onnx::NodeProto& node) {
  const bool first = builder.is_activation(node.input(0));
  const bool second = builder.is_activation(node.input(1));
  if (first && second) {
    combine(builder, node);
    return;
  }
  const int operand = first ? 0 : 1;
  const Activation from = builder.activation(node, operand);
  const TensorFacts& constant = builder.facts(node.input(1 - operand));
  if (node.op_type() == "Div" && !first) {
    finish_unary(builder, node, LayerKind::gelu, from);  // 1 / x
    return;
  }
  if (node.op_type() == "Add" && constant.dims) {
    if (take_positions(builder, node, from, constant)) return;
    take_bias(builder, node, operand, constant);
  }
  pass(builder, node, from);  // a scale, a mask: done in passing
}

void convert_where(LayerBuilder& builder, const onnx::NodeProto& node) {
  const bool mask = !builder.is_activation(node.input(0));
  const bool first = builder.is_activation(node.input(1));
  const bool second = builder.is_activation(node.input(2));
  if (!mask || (first && second)) throw Unsupported{"it chooses between activations"};
  pass(builder, node, builder.activation(node, first ? 1 : 2));
}

}  // namespace nibble
