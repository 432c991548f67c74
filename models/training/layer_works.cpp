#include "models/training/layer_works.h"

#include <algorithm>
#include <utility>

#include "models/layers/elementwise.h"

namespace nibble {
namespace {

using torch::Tensor;
using Tensors = std::vector<Tensor>;

float* data(const Tensor& tensor) { return tensor.data_ptr<float>(); }

Tensor tensor_of(const std::vector<float>& values, torch::IntArrayRef shape) {
  Tensor tensor = torch::empty(shape);
  std::copy(values.begin(), values.end(), data(tensor));
  return tensor;
}

TensorShape shape_of(const Tensor& x) { return {x.size(0), x.size(1) * x.size(2), x.size(3)}; }

class MultiplyWork : public LayerWork {
 public:
  MultiplyWork(GemmLayer& layer, float alpha, OperationSink* sink)
      : layer_(layer), alpha_(alpha), sink_(sink) {}

  Tensor forward(const Tensors& inputs) override {
    const Tensor& x = inputs[0];
    x_shape_ = x.sizes().vec();
    weight_shape_ = inputs[1].sizes().vec();
    const FeatureShape& out = layer_.layer().output_shape;
    const float* bias = inputs.size() > 2 ? data(inputs[2]) : nullptr;
    Tensor y = torch::empty({x.size(0), out.h, out.w, out.c});
    layer_.forward(data(x), x.size(0), data(inputs[1]), bias, alpha_, sink_, data(y));
    return y;
  }

  Tensors backward(const Tensor& dy) override {
    Tensors gradients(2);
    if (layer_.needs_input_gradient()) gradients[0] = torch::empty(x_shape_);
    gradients[1] = torch::empty(weight_shape_);
    if (layer_.layer().bias) gradients.push_back(torch::empty({dy.size(3)}));
    layer_.backward(data(dy), sink_, gradients[0].defined() ? data(gradients[0]) : nullptr,
                    data(gradients[1]), layer_.layer().bias ? data(gradients[2]) : nullptr);
    return gradients;
  }

 private:
  GemmLayer& layer_;
  float alpha_;
  OperationSink* sink_;
  std::vector<std::int64_t> x_shape_, weight_shape_;
};

class BatchNormWork : public LayerWork {
 public:
  BatchNormWork(float epsilon, BatchStatistics& statistics)
      : epsilon_(epsilon), reported_(statistics) {}

  Tensor forward(const Tensors& inputs) override {
    x_ = inputs[0];
    gamma_ = inputs[1];
    const TensorShape shape = shape_of(x_);
    statistics_ = batch_statistics(data(x_), shape);
    reported_ = statistics_;
    const FoldedNorm folded =
        fold_batch_norm(data(gamma_), data(inputs[2]), statistics_.mean.data(),
                        statistics_.variance.data(), shape.channels, epsilon_);
    Tensor z = torch::empty_like(x_);
    batch_norm_apply(data(x_), shape.per_channel(), shape.channels, folded.scale.data(),
                     folded.shift.data(), data(z));
    return z;
  }

  Tensors backward(const Tensor& dy) override {
    Tensor dx = torch::empty_like(x_);
    const BatchNormGradients gradients = batch_norm_backward(
        data(x_), data(dy), shape_of(x_), statistics_, data(gamma_), epsilon_, data(dx));
    return {dx, tensor_of(gradients.gamma, {x_.size(3)}), tensor_of(gradients.beta, {x_.size(3)})};
  }

 private:
  float epsilon_;
  BatchStatistics& reported_;
  BatchStatistics statistics_;
  Tensor x_, gamma_;
};

class PactWork : public LayerWork {
 public:
  Tensor forward(const Tensors& inputs) override {
    x_ = inputs[0];
    alpha_ = data(inputs[1])[0];
    Tensor y = torch::empty_like(x_);
    pact_clip(data(x_), x_.numel(), alpha_, data(y));
    return y;
  }

  Tensors backward(const Tensor& dy) override {
    Tensor dx = torch::empty_like(x_);
    const float dalpha = pact_backward(data(x_), data(dy), shape_of(x_), alpha_, data(dx));
    return {dx, torch::full({1}, dalpha)};
  }

 private:
  Tensor x_;
  float alpha_ = 0;
};

class AddWork : public LayerWork {
 public:
  Tensor forward(const Tensors& inputs) override {
    Tensor y = torch::empty_like(inputs[0]);
    residual_add(data(inputs[0]), data(inputs[1]), y.numel(), data(y));
    return y;
  }
  Tensors backward(const Tensor& dy) override { return {dy, dy}; }
};

class AveragePoolWork : public LayerWork {
 public:
  Tensor forward(const Tensors& inputs) override {
    x_shape_ = inputs[0].sizes().vec();
    const TensorShape shape = shape_of(inputs[0]);
    Tensor y = torch::empty({shape.samples, 1, 1, shape.channels});
    global_avg_pool(data(inputs[0]), shape.samples, shape.pixels, shape.channels, data(y));
    return y;
  }
  Tensors backward(const Tensor& dy) override {
    Tensor dx = torch::empty(x_shape_);
    global_avg_pool_backward(data(dy), shape_of(dx), data(dx));
    return {dx};
  }

 private:
  std::vector<std::int64_t> x_shape_;
};

}  // namespace

Tensor multiply_layer(GemmLayer& layer, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      float alpha, OperationSink* sink, IncomingGradient incoming) {
  Tensors inputs = {x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return apply_layer(inputs, incoming, c10::make_intrusive<MultiplyWork>(layer, alpha, sink));
}

Tensor batch_norm_layer(const Tensor& x, const Tensor& gamma, const Tensor& beta, float epsilon,
                        BatchStatistics& statistics, IncomingGradient incoming) {
  return apply_layer({x, gamma, beta}, incoming,
                     c10::make_intrusive<BatchNormWork>(epsilon, statistics));
}

Tensor pact_layer(const Tensor& x, const Tensor& alpha, IncomingGradient incoming) {
  return apply_layer({x, alpha}, incoming, c10::make_intrusive<PactWork>());
}

Tensor add_layer(const Tensor& a, const Tensor& b, IncomingGradient incoming) {
  return apply_layer({a, b}, incoming, c10::make_intrusive<AddWork>());
}

Tensor average_pool_layer(const Tensor& x, IncomingGradient incoming) {
  return apply_layer({x}, incoming, c10::make_intrusive<AveragePoolWork>());
}

}  // namespace nibble
