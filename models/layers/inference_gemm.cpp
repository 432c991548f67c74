// The layers of an inference that multiply: what their GEMMs read, the GEMMs, and what is made of
// the accumulators.
#include <algorithm>

#include "models/layers/inference.h"
#include "models/layers/lstm_sequence.h"
#include "models/layers/matmul_operands.h"
#include "models/layers/run_pass.h"
#include "models/layers/sequence_elementwise.h"
#include "models/quantize/pact.h"
#include "models/quantize/signed_pact.h"

namespace nibble {

GemmOperand InferenceNetwork::activation(const Layer& layer, std::size_t place, const Codes& x,
                                         std::vector<NibbleCode>& memory) const {
  if (!takes_codes(layer)) return {nullptr, &x};
  const auto producer = static_cast<std::size_t>(layer.inputs[place]);
  const float alpha = weights_of(producer).alpha;
  memory.resize(x.size());
  if (network_.layers[producer].kind == LayerKind::pact_signed) {
    signed_pact_quantize(x.data(), x.size(), signed_pact_reciprocal(alpha), memory.data());
    return {&memory, nullptr, alpha / 7.0F, StationaryFormat::s4};
  }
  pact_quantize(x.data(), x.size(), pact_reciprocal(alpha), memory.data());
  return {&memory, nullptr, alpha / 15.0F, StationaryFormat::u4};
}

InferenceNetwork::Codes InferenceNetwork::product(const Layer& layer, const ConvShape& conv,
                                                  const GemmOperand& x, const GemmOperand& w,
                                                  const GemmFunction& gemm) const {
  const LayerArithmetic arithmetic{weights_.accumulator, weights_.chunk_len,
                                   weights_.fp16_chunk_len};
  GemmCall call{layer.name, operands_of(layer), {}, arithmetic.of(operands_of(layer))};
  if (weights_.blocks) call.block.format = *weights_.blocks;
  Fp8Operands memory;
  const PassOperands operands = forward_operands(x, w, call, memory);
  Codes y(static_cast<std::size_t>(result_elements(conv, GemmPass::forward)));
  layer_pass(conv, GemmPass::forward, call, operands, gemm, y.data());
  return y;
}

InferenceNetwork::Codes InferenceNetwork::multiply(std::size_t index, std::int64_t batch,
                                                   const Codes& x, const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const LayerWeights& weights = weights_of(index);
  const ConvShape conv = conv_shape(layer, batch);
  std::vector<NibbleCode> memory;
  Codes y = product(layer, conv, activation(layer, 0, x, memory),
                    weight_operand(weights.weight, takes_codes(layer)), gemm);
  if (layer.bias) add_bias(weights.bias.data(), conv.n, layer.filters, y.data());
  return y;
}

InferenceNetwork::Codes InferenceNetwork::multiply_activations(std::size_t index,
                                                               std::int64_t batch, const Codes& a,
                                                               const Codes& b,
                                                               const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const MatmulAxes axes = matmul_axes(layer, batch);
  const auto reordered = [](const SwappedAxes& order, const Codes& tensor) {
    Codes result(tensor.size());
    swap_axes(order, tensor.data(), result.data());
    return result;
  };
  const Codes streamed = reordered(axes.a, a), stationary = reordered(axes.b, b);
  std::vector<NibbleCode> streamed_memory, stationary_memory;
  GemmOperand x = activation(layer, 0, streamed, streamed_memory);
  x.step *= matmul_factor(layer);
  const GemmOperand w = activation(layer, 1, stationary, stationary_memory);
  return reordered(axes.y.inverse(), product(layer, conv_shape(layer, batch), x, w, gemm));
}

InferenceNetwork::Codes InferenceNetwork::run_lstm(std::size_t index, std::int64_t batch,
                                                   const Codes& x, const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const LayerWeights& weights = weights_of(index);
  const bool codes = takes_codes(layer);
  const std::int64_t gates = 4 * layer.filters;
  const LstmShape shape = {batch, layer.filters, layer.input_shape.h};
  const ConvShape all_steps = matrix_shape(batch * shape.stride, layer.input_shape.c, gates);
  std::vector<NibbleCode> memory;
  const Codes from_input = product(layer, all_steps, activation(layer, 0, x, memory),
                                   weight_operand(weights.weight, codes), gemm);
  HiddenOperand h;
  const auto multiply_hidden = [&](std::int64_t /*step*/, const Fp16Code* h_before,
                                   Fp16Code* result) {
    make_hidden_operand(h_before, batch * layer.filters, codes, h);
    const Codes from_hidden =
        product(layer, matrix_shape(batch, layer.filters, gates), hidden_operand(h, codes),
                weight_operand(weights.hidden, codes), gemm);
    std::copy(from_hidden.begin(), from_hidden.end(), result);
  };
  LstmStates states;
  Codes y(static_cast<std::size_t>(batch * layer.output_shape.elements()));
  lstm_sequence(shape, from_input.data(), weights.bias.data(), multiply_hidden, states, y.data());
  return y;
}

}  // namespace nibble
