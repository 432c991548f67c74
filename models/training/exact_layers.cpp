#include "models/training/exact_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "models/training/layer_tensor.h"

namespace nibble {
namespace {

using torch::Tensor;

/// "own.weight" is "weight", "query.weight" "query_weight": libtorch allows no dot.
std::string torch_name(std::string name) {
  const std::string own = "own.";
  if (name.compare(0, own.size(), own) == 0) return name.substr(own.size());
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// A convolution's [K,R,S,C] are [K,C,R,S] there, a matrix [K,C].
Tensor to_torch(const std::vector<float>& values, const std::vector<std::int64_t>& shape,
                bool convolution) {
  Tensor tensor = torch::empty(shape);
  std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
  if (shape.size() != 4) return tensor;
  return convolution ? tensor.permute({0, 3, 1, 2}).contiguous() : tensor.flatten(1);
}

void from_torch(const Tensor& tensor, std::vector<float>& values) {
  if (tensor.scalar_type() != torch::kFloat32) {
    throw std::invalid_argument("an exact layer's parameters are binary32");
  }
  const Tensor flat =
      (tensor.dim() == 4 ? tensor.detach().permute({0, 2, 3, 1}) : tensor.detach()).contiguous();
  if (static_cast<std::size_t>(flat.numel()) != values.size()) {
    throw std::invalid_argument("an exact layer's parameter has another size now");
  }
  std::copy_n(flat.data_ptr<float>(), values.size(), values.begin());
}

void to_fp16(const Tensor& tensor, float factor, Fp16Code* codes) {
  const Tensor scaled = (factor == 1.0F ? tensor.detach() : tensor.detach() * factor).contiguous();
  fp16_from_floats(scaled.data_ptr<float>(), static_cast<std::size_t>(scaled.numel()), codes);
}

Tensor from_fp16(const std::vector<Fp16Code>& codes, std::int64_t samples,
                 const FeatureShape& shape) {
  Tensor tensor = torch::empty({samples, shape.h, shape.w, shape.c});
  fp16_to_floats(codes.data(), codes.size(), tensor.data_ptr<float>());
  return tensor;
}

TrainingTask task_of(const ExactOptions& options) {
  if (options.recipe.arithmetic != TrainingArithmetic::nibble) {
    throw std::invalid_argument("an exact layer of a recipe in fp32, allowed is nibble");
  }
  if (options.recipe.scaling == RecipeScaling::global) {
    throw std::invalid_argument(
        "an exact layer with global scaling, which only a whole network has");
  }
  TrainingTask task;
  task.recipe = options.recipe;
  task.alpha_initial = options.alpha_initial;
  task.alpha_floor = options.alpha_floor;
  task.loss_scale_log2 = options.loss_scale_log2;
  task.chunk_len = options.arithmetic.chunk_len;
  task.fp16_chunk_len = options.arithmetic.fp16_chunk_len;
  task.accumulator = options.arithmetic.accumulator;
  return task;
}

}  // namespace

ExactLayers::ExactLayers(Network network, const ExactOptions& options, std::uint64_t seed)
    : network_(std::move(network)), task_(task_of(options)), seed_(seed) {
  build(network_.input);
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) {
      gradscales_.push_back(
          {torch_name(state.name), torch::full({1}, std::numeric_limits<float>::quiet_NaN())});
    }
  }
}

/// Sizes of images and lengths of sequences may change from pass to pass.
void ExactLayers::build(const FeatureShape& input) {
  network_.input = input;
  infer_shapes(network_);
  list_ = build_layers(network_, task_, seed_, {});
}

std::vector<TrainedParameter*> ExactLayers::own_parameters() const {
  std::vector<TrainedParameter*> all;
  for (const auto& layer : list_.layers) {
    for (TrainedParameter* parameter : layer->parameters()) all.push_back(parameter);
  }
  return all;
}

std::vector<ExactLayers::Named> ExactLayers::parameters() const {
  const bool convolution = network_.layers.back().kind == LayerKind::conv;
  std::vector<Named> result;
  for (const TrainedParameter* own : own_parameters()) {
    result.push_back({torch_name(own->name), to_torch(own->value, own->shape, convolution)});
  }
  return result;
}

void ExactLayers::take(const torch::TensorList& parameters) {
  std::size_t next = 0;
  for (TrainedParameter* own : own_parameters()) from_torch(parameters[next++], own->value);
}

/// An empty state is that of a layer without a gradient yet.
void ExactLayers::load_gradscales() {
  std::size_t next = 0;
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) {
      const auto exponent = gradscales_[next++].tensor.item<float>();
      state.values->assign(std::isnan(exponent) ? 0 : 1, exponent);
    }
  }
}

void ExactLayers::save_gradscales() {
  std::size_t next = 0;
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) {
      if (!state.values->empty()) gradscales_[next].tensor.fill_(state.values->front());
      ++next;
    }
  }
}

TrainingPass ExactLayers::training_pass(std::int64_t samples) const {
  TrainingPass pass;
  pass.samples = samples;
  pass.seed = seed_;
  pass.step = step_;
  return pass;
}

void ExactLayers::finish_step(const torch::TensorList& parameters) {
  if (!std::exchange(learned_, false)) return;
  take(parameters);
  load_gradscales();
  for (const auto& layer : list_.layers) layer->finish_step();
  save_gradscales();
  ++step_;
  const torch::NoGradGuard guard;
  std::size_t next = 0;
  for (const TrainedParameter* own : own_parameters()) {
    const Tensor& tensor = parameters[next++];
    const bool raised =
        own->kind == ParameterKind::alpha && own->value.front() != tensor.item<float>();
    if (raised) tensor.fill_(own->value.front());
  }
}

Tensor ExactLayers::forward(const Tensor& x, const torch::TensorList& parameters) {
  if (x.scalar_type() != torch::kFloat32 || !x.device().is_cpu() || x.numel() == 0) {
    throw std::invalid_argument("an exact layer reads binary32 on the CPU, at least one sample");
  }
  const FeatureShape& built = network_.input;
  if (x.size(3) != built.c) {
    throw std::invalid_argument("an exact layer of " + std::to_string(built.c) +
                                " input channels was given " + std::to_string(x.size(3)));
  }
  if (x.size(1) != built.h || x.size(2) != built.w) build({x.size(1), x.size(2), x.size(3)});
  ++pass_;
  take(parameters);
  const TrainingPass how = training_pass(x.size(0));
  for (const auto& tensor : list_.tensors) tensor->begin(how.samples);
  to_fp16(x, 1.0F, list_.input().values.data());
  for (const auto& layer : list_.layers) layer->forward(how);
  const LayerTensor& last = list_.logits();
  return from_fp16(last.values, how.samples, last.shape);
}

torch::autograd::variable_list ExactLayers::backward(std::int64_t pass, const Tensor& x,
                                                     const torch::TensorList& parameters,
                                                     const Tensor& dy, bool wants_dx) {
  if (pass != pass_) (void)forward(x, parameters);
  const float scale = std::ldexp(1.0F, task_.loss_scale_log2), unscale = 1.0F / scale;
  load_gradscales();
  const TrainingPass how = training_pass(x.size(0));
  for (const auto& tensor : list_.tensors) tensor->begin(how.samples);
  list_.input().wants_gradient = wants_dx;
  LayerTensor& last = list_.logits();
  to_fp16(dy, scale, last.new_gradient());
  last.added_gradient();
  for (auto layer = list_.layers.rbegin(); layer != list_.layers.rend(); ++layer) {
    (*layer)->backward(how);
  }
  learned_ = true;
  save_gradscales();
  torch::autograd::variable_list gradients;
  LayerTensor& images = list_.input();
  gradients.push_back(wants_dx ? from_fp16(images.gradient(), how.samples, images.shape) * unscale
                               : Tensor());
  const bool convolution = network_.layers.back().kind == LayerKind::conv;
  for (const TrainedParameter* own : own_parameters()) {
    gradients.push_back(to_torch(own->gradient, own->shape, convolution) * unscale);
  }
  return gradients;
}

}  // namespace nibble
