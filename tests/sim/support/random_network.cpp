#include "tests/sim/support/random_network.h"

#include <numeric>
#include <stdexcept>

namespace nibble::test {
namespace {

/// Grows a chain of layers; `at_` is the layer whose output comes next, `shape_` what it yields.
class NetworkDraw {
 public:
  NetworkDraw(Random& random, bool fp16_layers, bool groups)
      : random_(random), fp16_layers_(fp16_layers), groups_(groups) {}

  Network draw();

 private:
  int add(Layer layer);
  void convolution();
  void residual();
  void pool();
  void activation(bool may_miss);
  int conv(int input, FeatureShape shape, std::int64_t filters, std::int64_t kernel,
           std::int64_t stride, std::int64_t padding, bool shortcut);
  [[nodiscard]] LayerPrecision precision(int input);
  [[nodiscard]] std::int64_t filters();
  [[nodiscard]] std::int64_t groups_of(std::int64_t channels, std::int64_t filters);
  static std::int64_t steps(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                            std::int64_t padding) {
    return (size + 2 * padding - kernel) / stride + 1;
  }

  Random& random_;
  bool fp16_layers_, groups_;
  Network network_;
  int at_ = -1;
  FeatureShape shape_;
};

int NetworkDraw::add(Layer layer) {
  layer.name += std::to_string(network_.layers.size());
  network_.layers.push_back(std::move(layer));
  return static_cast<int>(network_.layers.size()) - 1;
}

LayerPrecision NetworkDraw::precision(int input) {
  const bool codes =
      input >= 0 && network_.layers[static_cast<std::size_t>(input)].kind == LayerKind::pact;
  if (!codes) return LayerPrecision::fp16;
  return fp16_layers_ && one_in(random_, 4) ? LayerPrecision::fp16 : LayerPrecision::int4_fp4;
}

std::int64_t NetworkDraw::filters() {
  if (one_in(random_, 10)) return pick(random_, 80, 160);  // more than 64 chunks, more columns
  return one_in(random_, 6) ? pick(random_, 25, 80) : pick(random_, 1, 24);
}

/// Of every second convolution; as many as channels is a depthwise one.
std::int64_t NetworkDraw::groups_of(std::int64_t channels, std::int64_t filters) {
  const std::int64_t most = std::gcd(channels, filters);
  std::int64_t groups = one_in(random_, 2) ? pick(random_, 1, most) : 1;
  while (most % groups != 0) --groups;
  return groups;
}

int NetworkDraw::conv(int input, FeatureShape shape, std::int64_t filters, std::int64_t kernel,
                      std::int64_t stride, std::int64_t padding, bool shortcut) {
  Layer layer = make_conv("conv", input, filters, kernel, stride, padding, precision(input));
  layer.shortcut = shortcut;
  if (groups_) layer.groups = groups_of(shape.c, filters);
  const int index = add(std::move(layer));
  shape_ = {steps(shape.h, kernel, stride, padding), steps(shape.w, kernel, stride, padding),
            filters};
  return index;
}

/// 4-bit layers need a pact layer in front of them; without fp16 layers every layer is one.
void NetworkDraw::activation(bool may_miss) {
  const bool pact = !fp16_layers_ || !one_in(random_, 3);
  if (!pact && may_miss && one_in(random_, 2)) return;
  at_ = add(make_layer(pact ? "pact" : "relu", pact ? LayerKind::pact : LayerKind::relu, {at_}));
}

void NetworkDraw::convolution() {
  std::int64_t kernel = pick_of<std::int64_t>(random_, {1, 3, 3, 5});
  std::int64_t padding = one_in(random_, 4) ? 0 : kernel / 2;
  if (std::min(shape_.h, shape_.w) + 2 * padding < kernel) kernel = 1, padding = 0;
  at_ = conv(at_, shape_, filters(), kernel, pick(random_, 1, 2), padding, false);
  if (!one_in(random_, 3)) at_ = add(make_layer("bn", LayerKind::batch_norm, {at_}));
  activation(true);
}

void NetworkDraw::residual() {
  const int from = at_;
  const FeatureShape before = shape_;
  const std::int64_t stride = pick(random_, 1, 2);
  const std::int64_t kernel = pick_of<std::int64_t>(random_, {1, 3});
  const bool identity = stride == 1 && one_in(random_, 2);
  const std::int64_t channels = identity ? before.c : filters();
  int main_branch = conv(from, before, channels, kernel, stride, kernel / 2, false);
  if (!one_in(random_, 3))
    main_branch = add(make_layer("bn", LayerKind::batch_norm, {main_branch}));
  int side = from;
  if (!identity) {
    side = conv(from, before, channels, 1, stride, 0, true);
    if (one_in(random_, 2)) side = add(make_layer("bn", LayerKind::batch_norm, {side}));
  }
  at_ = add(make_layer("add", LayerKind::add, {main_branch, side}));
  if (one_in(random_, 4)) at_ = add(make_layer("bn", LayerKind::batch_norm, {at_}));
  activation(false);
}

void NetworkDraw::pool() {
  const std::int64_t kernel = pick(random_, 2, 3);
  if (std::min(shape_.h, shape_.w) < kernel) return;
  Layer layer = make_layer("pool", LayerKind::max_pool, {at_});
  layer.kernel = kernel;
  layer.stride = pick(random_, 1, 2);
  layer.padding = pick(random_, 0, kernel / 2);
  shape_.h = steps(shape_.h, kernel, layer.stride, layer.padding);
  shape_.w = steps(shape_.w, kernel, layer.stride, layer.padding);
  at_ = add(std::move(layer));
  if (!fp16_layers_) activation(false);
}

Network NetworkDraw::draw() {
  network_.name = "random";
  shape_ = {pick(random_, 2, 20), pick(random_, 2, 20), pick(random_, 1, 6)};
  network_.input = shape_;
  if (!fp16_layers_) activation(false);
  for (std::int64_t group = pick(random_, 1, 3); group > 0; --group) {
    switch (pick(random_, 0, 4)) {
      case 0:
      case 1:
        convolution();
        break;
      case 2:
      case 3:
        residual();
        break;
      default:
        pool();
        break;
    }
  }
  if (one_in(random_, 2)) {
    at_ = add(make_layer("mean", LayerKind::global_avg_pool, {at_}));
    shape_ = {1, 1, shape_.c};
    if (!fp16_layers_ || one_in(random_, 3)) activation(false);
  }
  network_.classes = pick(random_, 2, 12);
  Layer head = make_linear("fc", at_, network_.classes, precision(at_));
  head.bias = one_in(random_, 2);
  add(std::move(head));
  infer_shapes(network_);
  return std::move(network_);
}

}  // namespace

Layer make_layer(const std::string& name, LayerKind kind, std::vector<int> inputs) {
  Layer layer;
  layer.name = name;
  layer.kind = kind;
  layer.inputs = std::move(inputs);
  return layer;
}

Layer make_conv(const std::string& name, int input, std::int64_t filters, std::int64_t kernel,
                std::int64_t stride, std::int64_t padding, LayerPrecision precision) {
  Layer layer = make_layer(name, LayerKind::conv, {input});
  layer.filters = filters;
  layer.kernel = kernel;
  layer.stride = stride;
  layer.padding = padding;
  layer.precision = precision;
  return layer;
}

Layer make_linear(const std::string& name, int input, std::int64_t filters,
                  LayerPrecision precision) {
  Layer layer = make_layer(name, LayerKind::linear, {input});
  layer.filters = filters;
  layer.precision = precision;
  return layer;
}

Network one_layer(Layer layer, FeatureShape input) {
  Network network;
  network.name = "one";
  network.input = input;
  network.layers = {std::move(layer)};
  Network sized = network;
  sized.classes = 0;
  try {
    infer_shapes(sized);
  } catch (const std::invalid_argument&) {  // only the number of classes is wrong yet
  }
  const FeatureShape& yields = sized.layers.back().output_shape;
  network.classes = yields.h * yields.w > 1 ? yields.c : yields.elements();
  infer_shapes(network);
  return network;
}

Network random_network(Random& random, bool fp16_layers, bool groups) {
  return NetworkDraw(random, fp16_layers, groups).draw();
}

}  // namespace nibble::test
