#include <algorithm>

#include <fmt/format.h>

#include "sim/import/converters.h"
#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

bool holds_whole_sample(const AxisView& view) {
  return holds_only(view.back(), {Source::height, Source::width, Source::channel}) &&
         std::all_of(view.begin(), view.end() - 1,
                     [](const Axis& axis) { return holds_only(axis, {Source::batch}); });
}

/// x W: `inputs` rows of weights, `outputs` columns.
void add_linear(LayerBuilder& builder, const onnx::NodeProto& node, const Activation& from,
                std::int64_t inputs, std::int64_t outputs, bool bias) {
  if (from.view.empty() || extent(from.view.back()) != inputs) {
    throw Unsupported{"its weights do not fit its input"};
  }
  Layer layer;
  layer.kind = LayerKind::linear;
  layer.filters = outputs;
  layer.bias = bias;
  layer.flatten = holds_whole_sample(from.view);
  const Activation source = layer.flatten ? from : builder.positions(node, from);
  layer.inputs = {source.layer};
  const std::string& table = builder.facts(node.input(1)).table;
  layer.tied = !table.empty() && builder.is_embedding_table(table);
  AxisView view = source.view;
  view.back() = whole_axis(Source::channel, outputs);
  builder.finish(node, std::move(layer), std::move(view));
}

/// An axis whose digit along `from` becomes the same index along `to`.
Axis along(const Axis& axis, Source from, Source to, std::int64_t stride) {
  Axis result = axis;
  for (Digit& digit : result) {
    if (digit.source == from) digit = {to, stride, digit.extent};
  }
  return result;
}

/// Axes in front of the last two: samples and heads. Both operands must walk through them alike.
AxisView leading(const AxisView& view) { return {view.begin(), view.end() - 2}; }

/// Products of two activations for each sample and head.
class AttentionProduct {
 public:
  AttentionProduct(LayerBuilder& builder, const onnx::NodeProto& node, Activation a, Activation b)
      : builder_(builder), node_(node), a_(std::move(a)), b_(std::move(b)) {}

  void add() {
    if (a_.view.size() < 2 || a_.view.size() != b_.view.size()) refuse();
    const bool sequence_in_batch =
        !holds_only(a_.view[a_.view.size() - 2], {Source::height, Source::width, Source::channel});
    if (sequence_in_batch && builder_.batch_axis() == 0) throw WrongBatchAxis{};
    if (!add_scores() && !add_mixture()) refuse();
  }

 private:
  [[noreturn]] static void refuse() {
    throw Unsupported{"a product of two activations that is neither Q K^T nor P V of attention"};
  }

  [[nodiscard]] Axis channels(std::int64_t count) const {
    return whole_axis(Source::channel, count);
  }

  /// [T,C] x [S,C]^T of each head: the head's channels are the inner digit of C.
  bool add_scores() {
    const Activation a = builder_.joined(node_, a_), b = builder_.joined(node_, b_);
    const FeatureShape left = builder_.shape(a.layer), right = builder_.shape(b.layer);
    const std::size_t rank = a.view.size();
    const std::int64_t inner = extent(a.view[rank - 1]);
    if (left.w != 1 || right.w != 1 || left.c != right.c || left.c % inner != 0) return false;
    const bool fits = a.view[rank - 1] == channels(inner) && b.view[rank - 2] == channels(inner) &&
                      a.view[rank - 2] == whole_axis(Source::height, left.h) &&
                      b.view[rank - 1] == whole_axis(Source::height, right.h) &&
                      leading(a.view) == leading(b.view);
    if (!fits) return false;
    AxisView view = leading(a.view);
    for (Axis& axis : view) axis = along(axis, Source::channel, Source::width, 1);
    view.push_back(a.view[rank - 2]);
    view.push_back(channels(right.h));
    add_layer(a, b, left.c / inner, true, std::move(view));
    return true;
  }

  /// [T,heads,S] x [S,C] of each head: S is the channels of the scores and the positions of V.
  bool add_mixture() {
    const Activation b = builder_.joined(node_, b_);
    const FeatureShape left = builder_.shape(a_.layer), right = builder_.shape(b.layer);
    const std::size_t rank = a_.view.size();
    const std::int64_t inner = extent(b.view[rank - 1]);
    if (right.w != 1 || right.c % inner != 0 || left.w != right.c / inner) return false;
    AxisView heads = leading(b.view);
    for (Axis& axis : heads) axis = along(axis, Source::channel, Source::width, 1);
    const bool fits = a_.view[rank - 1] == channels(left.c) && left.c == right.h &&
                      b.view[rank - 2] == whole_axis(Source::height, right.h) &&
                      b.view[rank - 1] == channels(inner) &&
                      a_.view[rank - 2] == whole_axis(Source::height, left.h) &&
                      leading(a_.view) == heads;
    if (!fits) return false;
    AxisView view = leading(b.view);
    view.push_back(a_.view[rank - 2]);
    view.push_back(channels(inner));
    add_layer(a_, b, left.w, false, std::move(view));
    return true;
  }

  void add_layer(const Activation& a, const Activation& b, std::int64_t heads, bool transpose_b,
                 AxisView view) {
    Layer layer;
    layer.kind = LayerKind::matmul;
    layer.inputs = {a.layer, b.layer};
    layer.heads = heads;
    layer.transpose_b = transpose_b;
    builder_.finish(node_, std::move(layer), std::move(view));
  }

  LayerBuilder& builder_;
  const onnx::NodeProto& node_;
  Activation a_, b_;
};

}  // namespace

void convert_gemm(LayerBuilder& builder, const onnx::NodeProto& node) {
  if (int_attribute(node, "transA", 0) != 0) throw Unsupported{"its first operand is transposed"};
  const Activation& a = builder.activation(node, 0);
  const bool transposed = int_attribute(node, "transB", 0) != 0;
  if (builder.is_activation(node.input(1))) {
    Activation b = builder.activation(node, 1);
    if (transposed) b.view = transpose(b.view, {1, 0});
    AttentionProduct(builder, node, a, std::move(b)).add();
    return;
  }
  const std::vector<std::int64_t>& weights = builder.dims(node.input(1));
  if (weights.size() != 2) throw Unsupported{"its weights are no matrix"};
  add_linear(builder, node, a, weights[transposed ? 1 : 0], weights[transposed ? 0 : 1],
             has_input(node, 2));
}

void convert_matmul(LayerBuilder& builder, const onnx::NodeProto& node) {
  const Activation& a = builder.activation(node, 0);
  if (builder.is_activation(node.input(1))) {
    AttentionProduct(builder, node, a, builder.activation(node, 1)).add();
    return;
  }
  const std::vector<std::int64_t>& weights = builder.dims(node.input(1));
  if (weights.size() != 2) throw Unsupported{"its weights are no matrix"};
  add_linear(builder, node, a, weights[0], weights[1], false);
}

}  // namespace nibble
