// The layers of an inference that multiply: what their GEMMs read, the GEMMs, and what is made of
// the accumulators.
#include <algorithm>
#include <utility>

#include "models/formats/fp8.h"
#include "models/layers/elementwise.h"
#include "models/layers/fp16_values.h"
#include "models/layers/inference.h"
#include "models/layers/lstm_sequence.h"
#include "models/layers/matmul_operands.h"
#include "models/layers/run_pass.h"
#include "models/quantize/pact.h"
#include "models/quantize/signed_pact.h"

namespace nibble {
namespace {

std::vector<Fp8Code> as_fp8(const Fp16Code* values, std::int64_t count) {
  std::vector<Fp8Code> codes(static_cast<std::size_t>(count));
  fp8_from_fp16s(Fp8Format::e4m3b11, values, codes.size(), 0, codes.data());
  return codes;
}

}  // namespace

GemmOperands InferenceNetwork::operands_of(const Layer& layer) const {
  const GemmOperands named = gemm_operands(layer.precision, GemmPass::forward);
  return named == GemmOperands::nibble && weights_.blocks ? GemmOperands::block : named;
}

InferenceNetwork::Operand InferenceNetwork::signed_operand(
    const Layer& layer, const std::vector<NibbleCode>& codes, float step,
    const std::vector<Fp16Code>& values) const {
  return {codes.data(), values.data(), takes_codes(layer) ? step : 1.0F, StationaryFormat::s4};
}

InferenceNetwork::Activation InferenceNetwork::activation(const Layer& layer, std::size_t place,
                                                          const Values& x) const {
  Activation result;
  std::vector<Fp16Code> values(x.size());
  fp16_from_floats(x.data(), x.size(), values.data());
  if (!takes_codes(layer)) {
    result.values = std::move(values);
    return result;
  }
  const auto producer = static_cast<std::size_t>(layer.inputs[place]);
  const float alpha = weights_of(producer).alpha;
  result.codes.resize(x.size());
  if (network_.layers[producer].kind == LayerKind::pact_signed) {
    result.step = alpha / 7.0F;
    result.integer = StationaryFormat::s4;
    signed_pact_quantize(values.data(), x.size(), signed_pact_reciprocal(alpha),
                         result.codes.data());
  } else {
    result.step = alpha / 15.0F;
    pact_quantize(values.data(), x.size(), pact_reciprocal(alpha), result.codes.data());
  }
  return result;
}

InferenceNetwork::Codes InferenceNetwork::product(const Layer& layer, const ConvShape& conv,
                                                  const Operand& x, const Operand& w,
                                                  const GemmFunction& gemm) const {
  GemmCall call{layer.name, operands_of(layer), {}, {}};
  const LayerArithmetic arithmetic{weights_.accumulator, weights_.chunk_len,
                                   weights_.fp16_chunk_len};
  call.arithmetic = arithmetic.of(call.operands);
  call.arithmetic.stream = x.integer == StationaryFormat::u4 ? StreamFormat::u4 : StreamFormat::s4;
  call.arithmetic.stationary = w.integer;
  if (weights_.blocks) call.block.format = *weights_.blocks;
  const auto pass = [&](const auto* streamed, const auto* stationary) {
    return run_pass(conv, GemmPass::forward, streamed, stationary, call, gemm);
  };
  if (call.operands == GemmOperands::fp8) {
    const std::int64_t weights = conv.k * conv.r * conv.s * (conv.c / conv.groups);
    return pass(as_fp8(x.values, conv.n * conv.h * conv.w * conv.c).data(),
                as_fp8(w.values, weights).data());
  }
  Codes y =
      call.operands == GemmOperands::nibble ? pass(x.codes, w.codes) : pass(x.values, w.values);
  scale_codes(y.data(), y.size(), x.step * w.step, y.data());
  return y;
}

InferenceNetwork::Values InferenceNetwork::multiply(std::size_t index, std::int64_t batch,
                                                    const Values& x,
                                                    const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const LayerWeights& weights = weights_of(index);
  const ConvShape conv = conv_shape(layer, batch);
  const Activation activated = activation(layer, 0, x);
  const Operand w = signed_operand(layer, weights.codes, weights.weight_scale, weights.values);
  const Codes codes = product(layer, conv, activated.operand(), w, gemm);
  Values y(codes.size());
  fp16_to_floats(codes.data(), codes.size(), y.data());
  if (layer.bias) bias_add(y.data(), conv.n, layer.filters, weights.bias.data(), y.data());
  return y;
}

InferenceNetwork::Values InferenceNetwork::multiply_activations(std::size_t index,
                                                                std::int64_t batch, const Values& a,
                                                                const Values& b,
                                                                const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const MatmulAxes axes = matmul_axes(layer, batch);
  const auto reordered = [](const SwappedAxes& order, Activation operand) {
    std::vector<NibbleCode> codes(operand.codes.size());
    Codes values(operand.values.size());
    if (!codes.empty()) swap_axes(order, operand.codes.data(), codes.data());
    if (!values.empty()) swap_axes(order, operand.values.data(), values.data());
    operand.codes = std::move(codes);
    operand.values = std::move(values);
    return operand;
  };
  Activation x = reordered(axes.a, activation(layer, 0, a));
  const Activation w = reordered(axes.b, activation(layer, 1, b));
  x.step *= matmul_factor(layer);
  const Codes result = product(layer, conv_shape(layer, batch), x.operand(), w.operand(), gemm);
  Codes codes(result.size());
  swap_axes(axes.y.inverse(), result.data(), codes.data());
  Values y(codes.size());
  fp16_to_floats(codes.data(), codes.size(), y.data());
  return y;
}

InferenceNetwork::Values InferenceNetwork::run_lstm(std::size_t index, std::int64_t batch,
                                                    const Values& x,
                                                    const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const LayerWeights& weights = weights_of(index);
  const WeightMatrix& hidden = weights.hidden;
  const std::int64_t gates = 4 * layer.filters;
  const LstmShape shape = {batch, layer.filters, layer.input_shape.h};
  const ConvShape all_steps = matrix_shape(batch * shape.stride, layer.input_shape.c, gates);
  const Activation activated = activation(layer, 0, x);
  const Operand wx = signed_operand(layer, weights.codes, weights.weight_scale, weights.values);
  const Operand wh = signed_operand(layer, hidden.codes, hidden.step, hidden.values);
  const Codes from_input = product(layer, all_steps, activated.operand(), wx, gemm);
  HiddenOperand h;
  const auto multiply_hidden = [&](std::int64_t /*step*/, const Fp16Code* h_before,
                                   Fp16Code* result) {
    make_hidden_operand(h_before, batch * layer.filters, takes_codes(layer), h);
    const Operand operand = signed_operand(layer, h.codes, kHiddenStep, h.values);
    const Codes from_hidden =
        product(layer, matrix_shape(batch, layer.filters, gates), operand, wh, gemm);
    std::copy(from_hidden.begin(), from_hidden.end(), result);
  };
  LstmStates states;
  Codes codes(static_cast<std::size_t>(batch * layer.output_shape.elements()));
  lstm_sequence(shape, from_input.data(), weights.bias.data(), multiply_hidden, states,
                codes.data());
  Values y(codes.size());
  fp16_to_floats(codes.data(), codes.size(), y.data());
  return y;
}

}  // namespace nibble
