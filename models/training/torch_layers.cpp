#include "models/training/torch_layers.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "models/training/exact_layers.h"

namespace nibble {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Keeps the layers alive as long as a graph needs them for its way back.
struct LayersOfGraph : torch::CustomClassHolder {
  explicit LayersOfGraph(std::shared_ptr<ExactLayers> its_layers) : layers(std::move(its_layers)) {}
  std::shared_ptr<ExactLayers> layers;
};

class LayersFunction : public torch::autograd::Function<LayersFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, torch::TensorList parameters,
                        const std::shared_ptr<ExactLayers>& layers) {
    Tensor y = layers->forward(x, parameters);
    variable_list saved = parameters.vec();
    saved.push_back(x);
    context->save_for_backward(std::move(saved));
    context->saved_data["layers"] =
        c10::IValue::make_capsule(c10::make_intrusive<LayersOfGraph>(layers));
    context->saved_data["pass"] = layers->pass();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& dy) {
    variable_list parameters = context->get_saved_variables();
    const Tensor x = parameters.back();
    parameters.pop_back();
    const auto holder = context->saved_data["layers"].toCapsule();
    ExactLayers& layers = *static_cast<LayersOfGraph&>(*holder).layers;
    variable_list gradients = layers.backward(context->saved_data["pass"].toInt(), x, parameters,
                                              dy.front(), context->needs_input_grad(0));
    gradients.emplace_back();  // of the layers, which are no tensor
    return gradients;
  }
};

/// Layers that read the one before, unless they are given others.
class Fragment {
 public:
  explicit Fragment(const ExactOptions& options) : precision_(options.precision) {}

  int add(const std::string& name, LayerKind kind, std::int64_t filters,
          std::vector<int> inputs = {}) {
    Layer layer;
    layer.name = name;
    layer.kind = kind;
    layer.filters = filters;
    layer.precision = precision_;
    layer.inputs = inputs.empty() ? std::vector<int>{last()} : std::move(inputs);
    network_.layers.push_back(layer);
    return last();
  }
  /// In front of what multiplies 4 bits.
  int clip(const std::string& name, bool is_signed) {
    if (!forward_is_int4(precision_)) return last();
    return add(name, is_signed ? LayerKind::pact_signed : LayerKind::pact, 0);
  }
  /// Of each position.
  int linear(const std::string& name, std::int64_t filters, bool bias, int input) {
    add(name, LayerKind::linear, filters, {input});
    layer().bias = bias;
    layer().flatten = false;
    return last();
  }
  [[nodiscard]] Layer& layer() { return network_.layers.back(); }
  [[nodiscard]] int last() const { return static_cast<int>(network_.layers.size()) - 1; }
  /// `input` is the smallest that the layers take.
  [[nodiscard]] Network network(const FeatureShape& input) {
    network_.name = "exact";
    network_.input = input;
    network_.classes = layer().filters;
    return std::move(network_);
  }

 private:
  LayerPrecision precision_;
  Network network_;
};

constexpr const char* kOwn = "own";  // whose parameters have plain names
constexpr const char* kPact = "pact";

std::int64_t one_for_both(const torch::ExpandingArray<2>& sizes, const char* what) {
  if (sizes->at(0) != sizes->at(1)) {
    throw std::invalid_argument(std::string("an exact convolution with two different ") + what);
  }
  return sizes->at(0);
}

std::int64_t padding_of(const torch::nn::Conv2dOptions& conv) {
  const auto* sizes = c10::get_if<torch::ExpandingArray<2>>(&conv.padding());
  const bool zeros = c10::get_if<torch::enumtype::kZeros>(&conv.padding_mode()) != nullptr;
  if (sizes == nullptr || !zeros) {
    throw std::invalid_argument("an exact convolution pads with a given number of zeros");
  }
  return one_for_both(*sizes, "paddings");
}

Network convolution(const torch::nn::Conv2dOptions& conv, const ExactOptions& exact) {
  Fragment fragment(exact);
  fragment.clip(kPact, exact.signed_input);
  fragment.add(kOwn, LayerKind::conv, conv.out_channels());
  Layer& layer = fragment.layer();
  layer.kernel = one_for_both(conv.kernel_size(), "sides of its kernel");
  layer.stride = one_for_both(conv.stride(), "strides");
  layer.padding = padding_of(conv);
  layer.groups = conv.groups();
  if (one_for_both(conv.dilation(), "dilations") != 1) {
    throw std::invalid_argument("an exact convolution with a dilation");
  }
  const std::int64_t side = layer.kernel;
  return fragment.network({side, side, conv.in_channels()});
}

Network linear(const torch::nn::LinearOptions& linear, const ExactOptions& exact) {
  Fragment fragment(exact);
  const int input = fragment.clip(kPact, exact.signed_input);
  fragment.linear(kOwn, linear.out_features(), linear.bias(), input);
  return fragment.network({1, 1, linear.in_features()});
}

Network lstm(std::int64_t features, std::int64_t hidden, const ExactOptions& exact) {
  Fragment fragment(exact);
  fragment.clip(kPact, true);
  fragment.add(kOwn, LayerKind::lstm, hidden);
  return fragment.network({1, 1, features});
}

/// As in configs/networks/text_transformer.yaml.
Network self_attention(std::int64_t features, std::int64_t heads, bool causal,
                       const ExactOptions& exact) {
  Fragment fragment(exact);
  const int input = fragment.clip(kPact, true);
  const auto projection = [&](const std::string& name) {
    fragment.linear(name, features, true, input);
    return fragment.clip(name + ".pact", true);
  };
  const int query = projection("query"), key = projection("key"), value = projection("value");
  fragment.add("scores", LayerKind::matmul, 0, {query, key});
  fragment.layer().heads = heads;
  fragment.layer().transpose_b = true;
  fragment.add("softmax", LayerKind::softmax, 0);
  fragment.layer().causal = causal;
  const int weights = fragment.clip("softmax.pact", false);
  fragment.add("context", LayerKind::matmul, 0, {weights, value});
  fragment.layer().heads = heads;
  fragment.linear("output", features, true, fragment.clip("context.pact", true));
  return fragment.network({1, 1, features});
}

/// libtorch's own generator, so that torch::manual_seed decides.
std::uint64_t drawn_seed() {
  constexpr std::int64_t kSeeds = std::int64_t{1} << 62;
  return static_cast<std::uint64_t>(
      torch::randint(kSeeds, {1}, torch::kInt64).item<std::int64_t>());
}

/// [N,T,C] to [N,T,1,C] and back is one dimension.
Tensor sequence(const Tensor& x) {
  if (x.dim() != 3) throw std::invalid_argument("an exact layer of sequences reads [N,T,C]");
  return x.unsqueeze(2);
}

}  // namespace

ExactModule::ExactModule(Network layers, const ExactOptions& options)
    : layers_(std::make_shared<ExactLayers>(std::move(layers), options, drawn_seed())) {
  for (const ExactLayers::Named& own : layers_->parameters()) {
    parameters_of_layers_.push_back(register_parameter(own.name, own.tensor));
  }
  for (const ExactLayers::Named& own : layers_->gradscales()) {
    register_buffer(own.name, own.tensor);
  }
}

Tensor ExactModule::run(const Tensor& x) {
  const torch::TensorList parameters = parameters_of_layers_;
  layers_->finish_step(parameters);
  return LayersFunction::apply(x, parameters, layers_);
}

ExactConv2d::ExactConv2d(const torch::nn::Conv2dOptions& conv, const ExactOptions& exact)
    : ExactModule(convolution(conv, exact), exact) {
  if (conv.bias()) bias_ = register_parameter("bias", torch::zeros({conv.out_channels(), 1, 1}));
}

Tensor ExactConv2d::forward(const Tensor& x) {
  if (x.dim() != 4) throw std::invalid_argument("an exact convolution reads [N,C,H,W]");
  const Tensor y = run(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
  return bias_.defined() ? y + bias_ : y;
}

ExactLinear::ExactLinear(const torch::nn::LinearOptions& options, const ExactOptions& exact)
    : ExactModule(linear(options, exact), exact) {}

Tensor ExactLinear::forward(const Tensor& x) {
  if (x.dim() < 1) throw std::invalid_argument("an exact linear layer reads [...,C]");
  std::vector<std::int64_t> shape = x.sizes().vec();
  const Tensor y = run(x.reshape({-1, 1, 1, shape.back()}));
  shape.back() = y.size(3);
  return y.reshape(shape);
}

ExactLstm::ExactLstm(std::int64_t features, std::int64_t hidden, const ExactOptions& exact)
    : ExactModule(lstm(features, hidden, exact), exact) {}

Tensor ExactLstm::forward(const Tensor& x) { return run(sequence(x)).squeeze(2); }

ExactSelfAttention::ExactSelfAttention(std::int64_t features, std::int64_t heads, bool causal,
                                       const ExactOptions& exact)
    : ExactModule(self_attention(features, heads, causal, exact), exact) {}

Tensor ExactSelfAttention::forward(const Tensor& x) { return run(sequence(x)).squeeze(2); }

}  // namespace nibble
