#include "models/layers/layer_pass.h"

#include <algorithm>

#include "models/formats/fp8.h"
#include "models/layers/fp16_values.h"
#include "models/layers/packed_pass.h"
#include "models/layers/run_pass.h"

namespace nibble {

GemmOperand weight_operand(const WeightMatrix& weights, bool as_codes) {
  if (!as_codes) return {nullptr, &weights.values};
  return {&weights.codes, nullptr, weights.step, StationaryFormat::s4};
}

void fp16_to_fp8(const std::vector<Fp16Code>& values, std::vector<std::uint8_t>& codes) {
  codes.resize(values.size());
  fp8_from_fp16s(Fp8Format::e4m3b11, values.data(), values.size(), 0, codes.data());
}

PassOperands forward_operands(const GemmOperand& x, const GemmOperand& w, GemmCall& call,
                              Fp8Operands& memory) {
  call.arithmetic.stream = x.integer == StationaryFormat::u4 ? StreamFormat::u4 : StreamFormat::s4;
  call.arithmetic.stationary = w.integer;
  PassOperands operands{x.codes, w.codes, x.values, w.values, x.step * w.step};
  if (call.operands == GemmOperands::fp8) {
    fp16_to_fp8(*x.values, memory.streamed);
    fp16_to_fp8(*w.values, memory.stationary);
    operands = {&memory.streamed, &memory.stationary, nullptr, nullptr, operands.scale};
  }
  return operands;
}

void layer_pass(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                const PassOperands& operands, const GemmFunction& gemm, Fp16Code* result) {
  const GemmFunction& multiply = gemm ? gemm : fast_gemm;
  std::vector<Fp16Code> accumulators;
  if (operands.streamed_codes != nullptr) {
    const std::uint8_t* streamed = operands.streamed_codes->data();
    const std::uint8_t* stationary = operands.stationary_codes->data();
    if (!gemm && call.operands == GemmOperands::nibble &&
        packed_pass_takes(conv, pass, call.arithmetic)) {
      return packed_pass(conv, pass, call.arithmetic, streamed, stationary, operands.scale, result);
    }
    accumulators = run_pass(conv, pass, streamed, stationary, call, multiply);
  } else {
    const Fp16Code* streamed = operands.streamed_values->data();
    const Fp16Code* stationary = operands.stationary_values->data();
    if (!gemm && call.operands == GemmOperands::fp16 &&
        packed_fp16_pass_takes(conv, call.arithmetic)) {
      return packed_fp16_pass(conv, pass, call.arithmetic, streamed, stationary, operands.scale,
                              result);
    }
    accumulators = run_pass(conv, pass, streamed, stationary, call, multiply);
  }
  if (operands.scale == 1.0F) {
    std::copy(accumulators.begin(), accumulators.end(), result);
  } else {
    scale_codes(accumulators.data(), accumulators.size(), operands.scale, result);
  }
}

}  // namespace nibble
