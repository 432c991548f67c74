#include "models/layers/output_shape.h"

#include <limits>
#include <string>

#include "models/layers/layer_fault.h"

namespace nibble {
namespace {

using Shapes = std::vector<FeatureShape>;

bool same(const FeatureShape& a, const FeatureShape& b) {
  return a.h == b.h && a.w == b.w && a.c == b.c;
}

void check_at_least(const Layer& layer, const char* what, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  refuse_layer(layer.name, std::string(what) + " must be at least " + std::to_string(least));
}

void check_divides(const Layer& layer, const char* parts, std::int64_t count, const char* what,
                   std::int64_t whole) {
  check_at_least(layer, parts, count, 1);
  if (whole % count == 0) return;
  refuse_layer(layer.name, std::to_string(count) + " " + parts + " do not divide " +
                               std::to_string(whole) + " " + what);
}

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

void check_count(const Layer& layer, std::size_t found) {
  std::size_t least = 1, most = 1;
  switch (layer.kind) {
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::matmul:
      least = most = 2;
      break;
    case LayerKind::concat:
      least = 2;
      most = kAnyNumber;
      break;
    case LayerKind::traffic:
      most = kAnyNumber;
      break;
    default:
      break;
  }
  if (found >= least && found <= most) return;
  refuse_layer(layer.name, "has " + std::to_string(found) + " inputs instead of " +
                               std::to_string(least) + (most > least ? " or more" : ""));
}

void check_sequence(const Layer& layer, const FeatureShape& shape) {
  if (shape.w == 1) return;
  refuse_layer(layer.name, "reads " + shape_text(shape) + " where a sequence Tx1xC is needed");
}

/// Output pixels along one axis of a window that slides over `size` pixels. With ceil_mode a last
/// window may hang over the edge if it starts inside the image or the padding in front of it, which
/// is PyTorch's rule.
std::int64_t window_steps(const Layer& layer, std::int64_t size) {
  const std::int64_t span = size + 2 * layer.padding - layer.kernel;
  if (span < 0) {
    refuse_layer(layer.name, "kernel " + std::to_string(layer.kernel) +
                                 " is larger than its padded input " +
                                 std::to_string(size + 2 * layer.padding));
  }
  const std::int64_t whole = span / layer.stride + 1;
  const bool hangs_over =
      layer.ceil_mode && span % layer.stride != 0 && whole * layer.stride < size + layer.padding;
  return whole + (hangs_over ? 1 : 0);
}

FeatureShape sliding_window(const Layer& layer, const FeatureShape& in, std::int64_t channels) {
  if (layer.kernel < 1 || layer.stride < 1 || layer.padding < 0) {
    refuse_layer(layer.name, "kernel and stride must be at least 1, padding at least 0");
  }
  return {window_steps(layer, in.h), window_steps(layer, in.w), channels};
}

FeatureShape conv_output(const Layer& layer, const FeatureShape& in) {
  check_at_least(layer, "filters", layer.filters, 1);
  check_divides(layer, "groups", layer.groups, "input channels", in.c);
  check_divides(layer, "groups", layer.groups, "filters", layer.filters);
  return sliding_window(layer, in, layer.filters);
}

/// A window that covers padding alone would have nothing to pool.
FeatureShape pool_output(const Layer& layer, const FeatureShape& in) {
  if (2 * layer.padding > layer.kernel) {
    refuse_layer(layer.name, "padding " + std::to_string(layer.padding) +
                                 " is more than half of kernel " + std::to_string(layer.kernel));
  }
  return sliding_window(layer, in, in.c);
}

FeatureShape pointwise_output(const Layer& layer, const char* verb, const Shapes& in) {
  if (!same(in[0], in[1])) {
    refuse_layer(layer.name,
                 std::string(verb) + " shapes " + shape_text(in[0]) + " and " + shape_text(in[1]));
  }
  return in[0];
}

FeatureShape concat_output(const Layer& layer, const Shapes& in) {
  FeatureShape out = in.front();
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (in[i].h != out.h || in[i].w != out.w) {
      refuse_layer(layer.name,
                   "joins shapes " + shape_text(in.front()) + " and " + shape_text(in[i]));
    }
    out.c += in[i].c;
  }
  return out;
}

FeatureShape matmul_output(const Layer& layer, const FeatureShape& a, const FeatureShape& b) {
  check_divides(layer, "heads", layer.heads, "channels", b.c);
  check_sequence(layer, b);
  if (layer.transpose_b && a.w == 1 && a.c == b.c) return {a.h, layer.heads, b.h};
  if (!layer.transpose_b && a.w == layer.heads && a.c == b.h) return {a.h, 1, b.c};
  refuse_layer(layer.name, "multiplies shapes " + shape_text(a) + " and " + shape_text(b) + " in " +
                               std::to_string(layer.heads) +
                               (layer.transpose_b ? " heads, the second transposed" : " heads"));
}

/// The last query sees all keys, each one before it one key less.
FeatureShape softmax_output(const Layer& layer, const FeatureShape& in) {
  if (layer.causal && in.h > in.c) {
    refuse_layer(layer.name, "is causal and has " + std::to_string(in.h) + " queries for " +
                                 std::to_string(in.c) + " keys");
  }
  return in;
}

FeatureShape lstm_output(const Layer& layer, const FeatureShape& in) {
  check_at_least(layer, "hidden", layer.filters, 1);
  check_sequence(layer, in);
  return {in.h, 1, layer.filters * (layer.bidirectional ? 2 : 1)};
}

FeatureShape embedding_output(const Layer& layer, const FeatureShape& in) {
  check_at_least(layer, "features", layer.filters, 1);
  check_at_least(layer, "rows", layer.table_rows, 1);
  check_at_least(layer, "lookups", layer.lookups, 1);
  if (in.c != 1) {
    refuse_layer(layer.name, "reads " + shape_text(in) + " where token ids HxWx1 are needed");
  }
  return {in.h, in.w, layer.filters};
}

FeatureShape position_output(const Layer& layer, const FeatureShape& in) {
  check_sequence(layer, in);
  check_at_least(layer, "extra_tokens", layer.extra_tokens, 0);
  check_at_least(layer, "rows", layer.table_rows, 0);
  const FeatureShape out = {in.h + layer.extra_tokens, 1, in.c};
  if (layer.table_rows > 0 && layer.table_rows < out.h) {
    refuse_layer(layer.name, "has " + std::to_string(layer.table_rows) + " rows for " +
                                 std::to_string(out.h) + " positions");
  }
  return out;
}

FeatureShape given_output(const Layer& layer) {
  const FeatureShape& out = layer.output_shape;
  if (out.h < 1 || out.w < 1 || out.c < 1) {
    refuse_layer(layer.name, "has no output shape: sizes must be at least 1");
  }
  return out;
}

FeatureShape reshape_output(const Layer& layer, const FeatureShape& in) {
  const FeatureShape out = given_output(layer);
  if (out.elements() != in.elements()) {
    refuse_layer(layer.name, "makes " + shape_text(out) + " of " + shape_text(in) +
                                 ", which has another number of elements");
  }
  return out;
}

}  // namespace

std::string shape_text(const FeatureShape& shape) {
  return std::to_string(shape.h) + "x" + std::to_string(shape.w) + "x" + std::to_string(shape.c);
}

FeatureShape infer_output_shape(const Layer& layer, const Shapes& inputs) {
  check_count(layer, inputs.size());
  const FeatureShape& in = inputs.front();
  switch (layer.kind) {
    case LayerKind::conv:
      return conv_output(layer, in);
    case LayerKind::linear:
      check_at_least(layer, "filters", layer.filters, 1);
      return layer.flatten ? FeatureShape{1, 1, layer.filters}
                           : FeatureShape{in.h, in.w, layer.filters};
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      return pool_output(layer, in);
    case LayerKind::global_avg_pool:
    case LayerKind::select_token:
      return {1, 1, in.c};
    case LayerKind::add:
      return pointwise_output(layer, "adds", inputs);
    case LayerKind::multiply:
      return pointwise_output(layer, "multiplies", inputs);
    case LayerKind::concat:
      return concat_output(layer, inputs);
    case LayerKind::matmul:
      return matmul_output(layer, inputs[0], inputs[1]);
    case LayerKind::softmax:
      return softmax_output(layer, in);
    case LayerKind::lstm:
      return lstm_output(layer, in);
    case LayerKind::embedding:
      return embedding_output(layer, in);
    case LayerKind::position_embedding:
      return position_output(layer, in);
    case LayerKind::reshape:
      return reshape_output(layer, in);
    case LayerKind::traffic:
      return given_output(layer);
    case LayerKind::batch_norm:
    case LayerKind::pact:
    case LayerKind::relu:
    case LayerKind::pact_signed:
    case LayerKind::gelu:
    case LayerKind::layer_norm:
      return in;
  }
  refuse_layer(layer.name, "unknown kind");
}

}  // namespace nibble
