#include "models/training/trained_gemm.h"

#include <algorithm>
#include <utility>

#include "models/formats/fp8.h"
#include "models/layers/fp16_values.h"
#include "models/layers/run_pass.h"
#include "models/training/pointwise_arithmetic.h"

namespace nibble {
namespace {

Fp8Operand integer_operand(StationaryFormat format) {
  return format == StationaryFormat::u4 ? Fp8Operand::u4 : Fp8Operand::s4;
}

/// 4-bit integers as the fp16 numbers that they are.
void integers_to_fp16(const std::vector<NibbleCode>& codes, StationaryFormat format,
                      std::vector<Fp16Code>& values) {
  Fp16Code table[16];
  for (int code = 0; code < 16; ++code) {
    table[code] = fp8_operand_value(integer_operand(format), static_cast<std::uint8_t>(code));
  }
  values.resize(codes.size());
  std::transform(codes.begin(), codes.end(), values.begin(),
                 [&](NibbleCode code) { return table[code & 0xF]; });
}

}  // namespace

TrainedGemm::TrainedGemm(std::string name, int index, const LayerFormats& formats,
                         const LayerArithmetic& arithmetic, const TrainingRecipe& recipe,
                         GemmFunction gemm)
    : name_(std::move(name)),
      formats_(formats),
      arithmetic_(arithmetic),
      recipe_(recipe),
      gradient_(name_, index, formats, recipe),
      gemm_(std::move(gemm)) {}

/// All but the operands' formats.
GemmCall TrainedGemm::call_of(GemmPass pass, const TrainingPass& how) const {
  GemmCall call{name_, formats_.of(pass), {}, arithmetic_.of(formats_.of(pass))};
  if (call.operands != GemmOperands::block) return call;
  const BlockRecipe& blocks = *recipe_.blocks;
  call.block.format = blocks.format;
  if (pass == GemmPass::forward) return call;
  const bool wgrad = pass == GemmPass::wgrad;
  if (blocks.stochastic_gradients) {
    call.block.rounding = gradient_.stream(wgrad ? kUseWgrad : kUseDgrad, how);
  }
  if (wgrad && blocks.hadamard_wgrad) call.block.hadamard = gradient_.stream(kUseHadamard, how);
  return call;
}

void TrainedGemm::forward(const ConvShape& conv, const GemmOperand& x, const GemmOperand& w,
                          const TrainingPass& pass, Fp16Code* y) {
  gradient_.begin_pass();
  GemmCall call = call_of(GemmPass::forward, pass);
  const PassOperands operands = forward_operands(x, w, call, fp8_);
  multiply(conv, GemmPass::forward, call, operands, pass, y);
}

void TrainedGemm::dgrad(const ConvShape& conv, const GemmOperand& w, const TrainingPass& pass,
                        Fp16Code* dx) {
  gradient_gemm(conv, GemmPass::dgrad, w, pass, dx);
}

void TrainedGemm::wgrad(const ConvShape& conv, const GemmOperand& x, const TrainingPass& pass,
                        Fp16Code* dw) {
  if (pass.sink != nullptr) {
    pass.sink->observe({name_, conv, gradient_.exact(), x, gradient_.exponent(), ""});
  }
  gradient_gemm(conv, GemmPass::wgrad, x, pass, dw);
}

/// The mean of two GEMMs is half of each, added in fp16 as two readers' gradients are.
void TrainedGemm::gradient_gemm(const ConvShape& conv, GemmPass pass, const GemmOperand& stationary,
                                const TrainingPass& how, Fp16Code* result) {
  if (!gradient_.takes_both(pass)) {
    return multiply_gradient(conv, pass, pass, 1.0F, stationary, how, result);
  }
  std::vector<Fp16Code> odd(static_cast<std::size_t>(result_elements(conv, pass)));
  multiply_gradient(conv, pass, GemmPass::dgrad, 0.5F, stationary, how, result);
  multiply_gradient(conv, pass, GemmPass::wgrad, 0.5F, stationary, how, odd.data());
  add_codes(odd.data(), static_cast<std::int64_t>(odd.size()), result);
}

/// The stored operand is multiplied as it is: what a layer keeps as 4-bit codes becomes the same
/// integers in the gradient's format.
void TrainedGemm::multiply_gradient(const ConvShape& conv, GemmPass pass, GemmPass copy,
                                    float share, const GemmOperand& stationary,
                                    const TrainingPass& how, Fp16Code* result) {
  GemmCall call = call_of(pass, how);
  PassOperands operands{
      gradient_.codes(copy), stationary.codes, gradient_.values(copy), stationary.values,
      stationary.step * gradient_.result_factor(copy) * gradient_.gain(pass) * share};
  if (call.operands == GemmOperands::nibble) {
    call.arithmetic.stream = stream_format(gradient_.grid(copy));
    call.arithmetic.stationary = stationary.integer;
  } else if (call.operands == GemmOperands::fp8) {
    call.fp8_a = Fp8Operand::e5m2;
    if (stationary.codes != nullptr) {
      call.fp8_b = integer_operand(stationary.integer);
    } else {
      fp16_to_fp8(*stationary.values, fp8_.stationary);
      operands.stationary_codes = &fp8_.stationary;
    }
  } else if (stationary.codes != nullptr) {
    integers_to_fp16(*stationary.codes, stationary.integer, integers_);
    operands.stationary_values = &integers_;
  }
  multiply(conv, pass, call, operands, how, result);
}

void TrainedGemm::multiply(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                           const PassOperands& operands, const TrainingPass& how,
                           Fp16Code* result) const {
  if (how.sink == nullptr) return layer_pass(conv, pass, call, operands, gemm_, result);
  std::vector<Fp16Code> accumulators(static_cast<std::size_t>(result_elements(conv, pass)));
  PassOperands unscaled = operands;
  unscaled.scale = 1.0F;
  layer_pass(conv, pass, call, unscaled, gemm_, accumulators.data());
  const int gradscale = pass == GemmPass::forward ? 0 : gradient_.pass_grad_scale();
  how.sink->record({name_, call.operands, pass, call.arithmetic, conv, operands.streamed_codes,
                    operands.stationary_codes, operands.streamed_values, operands.stationary_values,
                    accumulators, operands.scale, gradscale});
  scale_codes(accumulators.data(), accumulators.size(), operands.scale, result);
}

}  // namespace nibble
