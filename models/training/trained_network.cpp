#include "models/training/trained_network.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/layers/fp16_values.h"
#include "models/layers/sequence_elementwise_softmax.h"
#include "models/quantize/loss_scale.h"
#include "models/training/layer_tensor.h"

namespace nibble {
namespace {

constexpr const char* kLossScaleState = "loss_scale";

constexpr int kMostExponent = 126;  // a power of two in binary32

struct Range {
  int least, most;
};

/// Whether these are as many whole numbers as there are ranges, each in its own.
bool are_whole(const std::vector<float>& values, std::initializer_list<Range> ranges) {
  const auto fits = [](float value, const Range& range) {
    return value >= static_cast<float>(range.least) && value <= static_cast<float>(range.most) &&
           value == std::trunc(value);
  };
  return std::equal(values.begin(), values.end(), ranges.begin(), ranges.end(), fits);
}

std::vector<float> loss_scale_values(const LossScale& scale) {
  return {static_cast<float>(scale.exponent), static_cast<float>(scale.good_steps)};
}

}  // namespace

TrainedNetwork::TrainedNetwork(Network network, const TrainingTask& task, std::uint64_t seed,
                               const GemmFunction& gemm)
    : network_(std::move(network)), task_(task), seed_(seed) {
  infer_shapes(network_);
  check_values(network_);
  list_ = build_layers(network_, task_, seed, gemm);
  for (const auto& layer : list_.layers) {
    const std::vector<TrainedParameter*> own = layer->parameters();
    parameters_.insert(parameters_.end(), own.begin(), own.end());
  }
  if (task_.recipe.scaling == RecipeScaling::global) {
    loss_scale_ = loss_scale_values(loss_scale_initial());
  }
}

int TrainedNetwork::loss_exponent() const {
  return loss_scale_.empty() ? task_.loss_scale_log2 : static_cast<int>(loss_scale_[0]);
}

bool TrainedNetwork::adapt_loss_scale() {
  const bool overflowed =
      std::any_of(parameters_.begin(), parameters_.end(), [](const TrainedParameter* parameter) {
        return std::any_of(parameter->gradient.begin(), parameter->gradient.end(),
                           [](float value) { return !std::isfinite(value); });
      });
  const LossScale scale{loss_exponent(), static_cast<int>(loss_scale_[1])};
  loss_scale_ = loss_scale_values(loss_scale_update(scale, overflowed));
  return overflowed && scale.exponent > LossScaleRule().lowest_exponent;
}

BatchOutcome TrainedNetwork::run(const Batch& batch) {
  BatchOutcome outcome = pass(batch, batch.samples, nullptr, false);
  const float unscale = std::ldexp(1.0F, -loss_exponent());
  for (TrainedParameter* parameter : parameters_) {
    for (float& gradient : parameter->gradient) gradient *= unscale;
  }
  if (!loss_scale_.empty()) outcome.skipped = adapt_loss_scale();
  return outcome;
}

void TrainedNetwork::capture(const Batch& part, std::int64_t whole_batch, OperationSink& sink) {
  // Where alphas are fitted to values, the pass may fit them to those of its part.
  std::vector<std::pair<TrainedParameter*, float>> alphas;
  for (TrainedParameter* parameter : parameters_) {
    if (parameter->kind == ParameterKind::alpha) {
      alphas.emplace_back(parameter, parameter->value.front());
    }
  }
  pass(part, whole_batch, &sink, true);
  for (const auto& [parameter, before] : alphas) parameter->value.front() = before;
}

BatchOutcome TrainedNetwork::pass(const Batch& batch, std::int64_t whole_batch, OperationSink* sink,
                                  bool leaves_no_mark) {
  check_fits(network_, batch);
  const TrainingPass how{batch.samples, sink, seed_, batch.step, leaves_no_mark};
  for (const auto& tensor : list_.tensors) tensor->begin(how.samples);
  list_.input().tokens = batch.tokens;
  std::copy(batch.images.begin(), batch.images.end(), list_.input().values.begin());
  for (const auto& layer : list_.layers) layer->forward(how);

  LayerTensor& last = list_.logits();
  const auto labels = static_cast<std::int64_t>(batch.labels.size());
  const double whole = static_cast<double>(labels * whole_batch) / static_cast<double>(how.samples);
  const double gradient_scale = std::ldexp(1.0, loss_exponent()) / whole;
  const CrossEntropy loss =
      cross_entropy(last.values.data(), batch.labels.data(), labels, network_.classes,
                    static_cast<float>(gradient_scale), last.new_gradient());
  last.added_gradient();
  std::for_each(list_.layers.rbegin(), list_.layers.rend(),
                [&](const auto& layer) { layer->backward(how); });
  return {static_cast<double>(loss.loss_sum) / static_cast<double>(labels), loss.correct, false};
}

std::vector<float> TrainedNetwork::logits() const {
  const std::vector<Fp16Code>& codes = list_.logits().values;
  std::vector<float> result(codes.size());
  fp16_to_floats(codes.data(), codes.size(), result.data());
  return result;
}

std::vector<ParameterArray> TrainedNetwork::parameters() {
  std::vector<ParameterArray> result;
  for (TrainedParameter* parameter : parameters_) {
    result.push_back({parameter->name, parameter->kind, parameter->value.data(),
                      parameter->gradient.data(), parameter->value.size()});
  }
  return result;
}

NamedArrays TrainedNetwork::states() const {
  NamedArrays result;
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) result[state.name] = *state.values;
  }
  if (!loss_scale_.empty()) result[kLossScaleState] = loss_scale_;
  return result;
}

void TrainedNetwork::restore_states(const NamedArrays& states) {
  std::size_t known = 0;
  const auto restore = [&](const std::string& name, std::vector<float>& values, const auto& fits) {
    const auto place = states.find(name);
    if (place != states.end()) ++known;
    const std::vector<float> saved = place == states.end() ? std::vector<float>() : place->second;
    if (!fits(saved)) throw std::invalid_argument("has no state " + name + " of this network");
    values = saved;
  };
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) {
      restore(state.name, *state.values, [&](const std::vector<float>& saved) {
        if (!state.is_exponent) return saved.size() == state.values->size();
        return saved.empty() || are_whole(saved, {{-kMostExponent, kMostExponent}});
      });
    }
  }
  if (!loss_scale_.empty()) {
    restore(kLossScaleState, loss_scale_, [](const std::vector<float>& saved) {
      const LossScaleRule rule;
      return are_whole(saved,
                       {{rule.lowest_exponent, rule.highest_exponent}, {0, rule.growth_interval}});
    });
  }
  if (known != states.size()) throw std::invalid_argument("has states of another network");
}

std::map<std::string, std::optional<float>> TrainedNetwork::scales() const {
  std::map<std::string, std::optional<float>> result;
  for (const auto& layer : list_.layers) {
    for (const TrainedState& state : layer->states()) {
      if (!state.is_exponent) continue;
      std::optional<float>& scale = result["gradscale." + layer->name()];
      if (!state.values->empty()) scale = state.values->front();
    }
  }
  if (!loss_scale_.empty()) result[kLossScaleState] = loss_scale_.front();
  return result;
}

std::vector<NonFiniteCount> TrainedNetwork::non_finite_outputs() const {
  std::vector<NonFiniteCount> result;
  for (const auto& tensor : list_.tensors) {
    const std::int64_t count =
        std::count_if(tensor->values.begin(), tensor->values.end(),
                      [](Fp16Code code) { return fp16_is_nan_infinity(code); });
    if (count > 0) {
      result.push_back({tensor->name, count, static_cast<std::int64_t>(tensor->values.size())});
    }
  }
  return result;
}

void TrainedNetwork::finish_step() {
  for (const auto& layer : list_.layers) layer->finish_step();
}

NetworkWeights TrainedNetwork::export_weights() const {
  NetworkWeights result;
  result.network = network_.name;
  result.dataset = task_.dataset;
  result.chunk_len = task_.chunk_len;
  result.fp16_chunk_len = task_.fp16_chunk_len;
  result.accumulator = task_.accumulator;
  if (task_.recipe.blocks) result.blocks = task_.recipe.blocks->format;
  std::map<int, LayerWeights> entries;
  for (const auto& layer : list_.layers) layer->export_weights(entries);
  for (auto& [index, entry] : entries) result.layers.push_back(std::move(entry));
  return result;
}

std::map<std::string, int> TrainedNetwork::grad_scales() const {
  std::map<std::string, int> result;
  for (const auto& layer : list_.layers) {
    if (const std::optional<int> scale = layer->grad_scale()) result[layer->name()] = *scale;
  }
  return result;
}

std::map<std::string, float> TrainedNetwork::alpha_values() const {
  std::map<std::string, float> result;
  for (const TrainedParameter* parameter : parameters_) {
    if (parameter->kind != ParameterKind::alpha) continue;
    result[layer_of_parameter(parameter->name)] = parameter->value.front();
  }
  return result;
}

}  // namespace nibble
