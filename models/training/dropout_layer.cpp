#include "models/training/dropout_layer.h"

#include "models/layers/gemm_call.h"
#include "models/layers/sequence_elementwise.h"

namespace nibble {
namespace {

RandomStream stream_of(int index, std::uint64_t seed, std::uint32_t step) {
  return {seed, step, static_cast<std::uint32_t>(index), kUseDropout};
}

}  // namespace

std::vector<float> dropout_mask(const Layer& layer, int index, std::uint64_t seed,
                                std::uint32_t step, std::size_t count) {
  const std::vector<Fp16Code> ones(count, fp16_from_float(1.0F));
  std::vector<Fp16Code> kept(count);
  dropout(ones.data(), static_cast<std::int64_t>(count), layer.dropout,
          stream_of(index, seed, step), kept.data());
  std::vector<float> mask(count);
  for (std::size_t i = 0; i < count; ++i) mask[i] = kept[i] != 0 ? dropout_factor(layer) : 0.0F;
  return mask;
}

float dropout_factor(const Layer& layer) { return static_cast<float>(1.0 / (1.0 - layer.dropout)); }

DropoutLayer::DropoutLayer(const Layer& layer, int index, LayerTensor& input, LayerTensor& output)
    : layer_(layer), index_(index), input_(input), output_(output) {
  input.wants_values = output.wants_values = true;
}

void DropoutLayer::drop(const std::vector<Fp16Code>& from, const TrainingPass& pass,
                        Fp16Code* to) const {
  dropout(from.data(), static_cast<std::int64_t>(output_.elements()), layer_.dropout,
          stream_of(index_, pass.seed, pass.step), to);
}

void DropoutLayer::forward(const TrainingPass& pass) {
  drop(input_.values, pass, output_.values.data());
}

void DropoutLayer::backward(const TrainingPass& pass) {
  drop(output_.gradient(), pass, input_.new_gradient());
  input_.added_gradient();
}

}  // namespace nibble
