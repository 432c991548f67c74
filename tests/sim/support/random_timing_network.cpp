// Draws of networks with every kind of layer. A network is an image part, a sequence part, or the
// first and then the second, and a head.
#include <algorithm>

#include "models/layers/output_shape.h"
#include "tests/sim/support/random_network.h"

namespace nibble::test {
namespace {

class TimingDraw {
 public:
  explicit TimingDraw(Random& random) : random_(random) {}
  Network draw();

 private:
  int add(const char* name, LayerKind kind, std::vector<int> inputs, Layer layer = {});
  int multiply(const char* name, LayerKind kind, std::vector<int> inputs, Layer layer);
  void image_block();
  void sequence_block();
  int conv(int input, std::int64_t filters, std::int64_t stride);
  int linear(int input, std::int64_t filters);
  void pool();
  void branches();
  void join(int with);
  void attention();
  void lstm();
  void tokens();
  void head();
  [[nodiscard]] int maybe_codes(int input);
  [[nodiscard]] int norm(int input);
  [[nodiscard]] LayerPrecision precision(const std::vector<int>& inputs);
  [[nodiscard]] const FeatureShape& shape(int layer) const {
    return layer < 0 ? network_.input
                     : network_.layers[static_cast<std::size_t>(layer)].output_shape;
  }

  Random& random_;
  Network network_;
  int at_ = -1;
  std::int64_t words_ = 0;  // rows of the table, if the network begins with one
  std::int64_t word_features_ = 0;
};

/// Appends the layer with its shapes, which the next draw asks for.
int TimingDraw::add(const char* name, LayerKind kind, std::vector<int> inputs, Layer layer) {
  layer.name = name + std::to_string(network_.layers.size());
  layer.kind = kind;
  std::vector<FeatureShape> shapes;
  shapes.reserve(inputs.size());
  for (const int input : inputs) shapes.push_back(shape(input));
  layer.input_shape = shapes.front();
  layer.output_shape = infer_output_shape(layer, shapes);
  layer.inputs = std::move(inputs);
  network_.layers.push_back(std::move(layer));
  return static_cast<int>(network_.layers.size()) - 1;
}

LayerPrecision TimingDraw::precision(const std::vector<int>& inputs) {
  const bool codes = std::all_of(inputs.begin(), inputs.end(), [&](int input) {
    if (input < 0) return true;
    const LayerKind kind = network_.layers[static_cast<std::size_t>(input)].kind;
    return kind == LayerKind::pact || kind == LayerKind::pact_signed;
  });
  if (!codes) return pick_of(random_, {LayerPrecision::fp16, LayerPrecision::fp8});
  return pick_of(random_, {LayerPrecision::int4_fp4, LayerPrecision::int4_fp4, LayerPrecision::fp16,
                           LayerPrecision::fp8, LayerPrecision::int4_fp8, LayerPrecision::int4_fp16,
                           LayerPrecision::int4_fp4_dw_fp8, LayerPrecision::int4_fp8_dw_fp4});
}

int TimingDraw::multiply(const char* name, LayerKind kind, std::vector<int> inputs, Layer layer) {
  layer.precision = precision(inputs);
  return add(name, kind, std::move(inputs), std::move(layer));
}

int TimingDraw::maybe_codes(int input) {
  if (one_in(random_, 4)) return input;
  const auto kind = pick_of(random_, {LayerKind::pact, LayerKind::pact_signed, LayerKind::pact,
                                      LayerKind::pact_signed, LayerKind::relu, LayerKind::gelu});
  return add("act", kind, {input});
}

int TimingDraw::norm(int input) {
  if (one_in(random_, 3)) return input;
  return add("norm", pick_of(random_, {LayerKind::batch_norm, LayerKind::layer_norm}), {input});
}

int TimingDraw::conv(int input, std::int64_t filters, std::int64_t stride) {
  const FeatureShape in = shape(input);
  Layer layer;
  layer.kernel = std::min(in.h, in.w) >= 3 ? pick_of<std::int64_t>(random_, {1, 3}) : 1;
  layer.padding = layer.kernel / 2;
  layer.stride = stride;
  layer.filters = filters;
  layer.bias = one_in(random_, 3);
  if (in.c == filters && one_in(random_, 2)) layer.groups = filters;  // depthwise
  if (layer.groups == 1 && in.c % 2 == 0 && filters % 2 == 0 && one_in(random_, 3)) {
    layer.groups = 2;
  }
  return multiply("conv", LayerKind::conv, {input}, layer);
}

void TimingDraw::pool() {
  const FeatureShape in = shape(at_);
  if (std::min(in.h, in.w) < 3) return;
  Layer layer;
  layer.kernel = pick(random_, 2, 3);
  layer.stride = pick(random_, 1, 2);
  layer.padding = pick(random_, 0, 1);
  layer.ceil_mode = one_in(random_, 2);
  at_ = add("pool", pick_of(random_, {LayerKind::max_pool, LayerKind::avg_pool}), {at_}, layer);
}

/// Two or three branches of a concat: alike, or one of them without a norm or without anything.
void TimingDraw::branches() {
  std::vector<int> ends;
  const bool alike = one_in(random_, 2);
  for (std::int64_t left = pick(random_, 2, 3); left > 0; --left) {
    int end = one_in(random_, 4) ? at_ : conv(at_, pick(random_, 1, 8), 1);
    if (end < 0 && one_in(random_, 2)) end = conv(at_, 3, 1);
    ends.push_back(alike ? add("norm", LayerKind::batch_norm, {end}) : norm(end));
  }
  at_ = add("concat", LayerKind::concat, ends);
}

/// The value so far, added to or multiplied with one of the same shape.
void TimingDraw::join(int with) {
  const FeatureShape &a = shape(at_), &b = shape(with);
  if (a.h != b.h || a.w != b.w || a.c != b.c) return;
  at_ = add("join", pick_of(random_, {LayerKind::add, LayerKind::add, LayerKind::multiply}),
            {at_, with});
}

void TimingDraw::image_block() {
  const int before = at_;
  switch (pick(random_, 0, 6)) {
    case 0:
      return pool();
    case 1:
      return branches();
    case 2: {
      Layer layer;
      layer.output_shape = {pick(random_, 3, 6), pick(random_, 3, 6), pick(random_, 1, 8)};
      at_ = add("unknown", LayerKind::traffic, {at_}, layer);
      return;
    }
    case 3:
      at_ = conv(maybe_codes(at_), shape(at_).c, 1);
      at_ = norm(at_);
      return join(before);
    default:
      at_ = norm(conv(maybe_codes(at_), pick(random_, 1, 16), pick(random_, 1, 2)));
  }
}

int TimingDraw::linear(int input, std::int64_t filters) {
  Layer layer;
  layer.filters = filters;
  layer.flatten = false;
  layer.bias = one_in(random_, 2);
  return multiply("linear", LayerKind::linear, {input}, layer);
}

void TimingDraw::attention() {
  Layer layer;
  layer.heads = pick(random_, 1, 3);
  const std::int64_t channels = layer.heads * pick(random_, 1, 4);
  const int in = maybe_codes(at_);
  const int query = maybe_codes(linear(in, channels));
  const int key = one_in(random_, 5) ? query : maybe_codes(linear(in, channels));
  const int value = maybe_codes(linear(in, channels));
  layer.transpose_b = true;
  const int scores = multiply("scores", LayerKind::matmul, {query, key}, layer);
  const int weights = maybe_codes(add("softmax", LayerKind::softmax, {scores}));
  layer.transpose_b = false;
  at_ = multiply("context", LayerKind::matmul, {weights, value}, layer);
}

void TimingDraw::lstm() {
  Layer layer;
  layer.filters = pick(random_, 1, 6);
  layer.bidirectional = one_in(random_, 2);
  at_ = multiply("lstm", LayerKind::lstm, {maybe_codes(at_)}, layer);
}

void TimingDraw::sequence_block() {
  const int before = at_;
  switch (pick(random_, 0, 4)) {
    case 0:
      attention();
      return join(before);
    case 1:
      return lstm();
    case 2: {
      Layer layer;
      layer.extra_tokens = pick(random_, 0, 1);
      const std::int64_t rows = shape(at_).h + layer.extra_tokens;
      layer.table_rows = pick_of<std::int64_t>(random_, {0, rows, rows + 3});
      at_ = add("places", LayerKind::position_embedding, {at_}, layer);
      return;
    }
    default:
      at_ = norm(linear(maybe_codes(at_), shape(at_).c));
      return join(before);
  }
}

/// A network that begins with token ids, perhaps a second table that is tied to the first.
void TimingDraw::tokens() {
  network_.input = {pick(random_, 1, 6), 1, 1};
  Layer table;
  table.table_rows = words_ = pick(random_, 2, 40);
  table.filters = word_features_ = pick(random_, 1, 6);
  table.lookups = pick(random_, 1, 2);
  at_ = add("words", LayerKind::embedding, {-1}, table);
  if (!one_in(random_, 3)) return;
  table.tied = one_in(random_, 2);
  join(add("words", LayerKind::embedding, {-1}, table));
}

void TimingDraw::head() {
  if (one_in(random_, 3)) {
    at_ = add("pooled", pick_of(random_, {LayerKind::global_avg_pool, LayerKind::select_token}),
              {at_});
  }
  const int in = maybe_codes(at_);
  Layer layer;
  layer.flatten = one_in(random_, 2);
  layer.filters = pick(random_, 2, 9);
  const bool fits = words_ > 1 && shape(in).c == word_features_ && !layer.flatten;
  if (fits && one_in(random_, 2)) {
    layer.tied = true;
    layer.filters = words_;
  }
  network_.classes = layer.filters;
  at_ = multiply("output", LayerKind::linear, {in}, layer);
  if (one_in(random_, 8)) add("last", LayerKind::softmax, {at_});
}

Network TimingDraw::draw() {
  network_.name = "random";
  const std::int64_t start = pick(random_, 0, 3);
  if (start == 0) {
    tokens();
  } else if (start == 1) {
    network_.input = {pick(random_, 1, 6), 1, pick(random_, 1, 8)};
  } else {
    network_.input = {pick(random_, 2, 8), pick(random_, 2, 8), pick(random_, 1, 4)};
    for (std::int64_t blocks = pick(random_, 1, 4); blocks > 0; --blocks) image_block();
    if (one_in(random_, 2)) {
      Layer layer;
      layer.output_shape = {shape(at_).h * shape(at_).w, 1, shape(at_).c};
      at_ = add("reshape", LayerKind::reshape, {at_}, layer);
    }
  }
  if (shape(at_).w == 1) {
    for (std::int64_t blocks = pick(random_, 0, 3); blocks > 0; --blocks) sequence_block();
  }
  head();
  infer_shapes(network_);
  return std::move(network_);
}

}  // namespace

Network random_timing_network(Random& random) { return TimingDraw(random).draw(); }

}  // namespace nibble::test
