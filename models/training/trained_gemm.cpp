#include "models/training/trained_gemm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/fp16_values.h"
#include "models/layers/packed_pass.h"
#include "models/layers/run_pass.h"
#include "models/quantize/grad_scale.h"

namespace nibble {

TrainedGemm::TrainedGemm(std::string name, int index, const LayerFormats& formats,
                         const LayerArithmetic& arithmetic, TrainingRecipe recipe,
                         GemmFunction gemm)
    : name_(std::move(name)),
      index_(index),
      formats_(formats),
      arithmetic_(arithmetic),
      recipe_(std::move(recipe)),
      gemm_(std::move(gemm)) {}

bool TrainedGemm::has_grad_scale() const {
  return formats_.dgrad == GemmOperands::nibble || formats_.wgrad == GemmOperands::nibble;
}

GemmCall TrainedGemm::call_of(GemmPass pass, StationaryFormat stationary) const {
  GemmCall call{name_, formats_.of(pass), {}, {}};
  call.arithmetic = pass_arithmetic(pass, call.arithmetic);
  call.arithmetic.stationary = stationary;
  call.arithmetic.accumulator = arithmetic_.accumulator;
  call.arithmetic.chunk_len = arithmetic_.chunk_len_of(call.operands);
  return call;
}

void TrainedGemm::forward(const ConvShape& conv, const GemmOperand& x, const GemmOperand& w,
                          const TrainingPass& pass, Fp16Code* y) {
  pass_grad_scale_.reset();
  GemmCall call = call_of(GemmPass::forward, w.integer);
  call.arithmetic.stream = x.integer == StationaryFormat::u4 ? StreamFormat::u4 : StreamFormat::s4;
  multiply(conv, GemmPass::forward, call, {x.codes, w.codes, x.values, w.values}, x.step * w.step,
           pass, y);
}

void TrainedGemm::begin_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  dy_ = &dy;
  if (!has_grad_scale() || pass_grad_scale_) return;
  pass_grad_scale_ = grad_scale();
  if (pass_grad_scale_) return;
  pass_grad_scale_ = grad_scale_initial(fp16_to_float(max_magnitude_code(dy.data(), dy.size())));
  if (pass_grad_scale_ && !pass.leaves_no_mark) {
    grad_scale_.assign(1, static_cast<float>(*pass_grad_scale_));
  }
}

void TrainedGemm::take_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  begin_gradient(dy, pass);
  if (!has_grad_scale()) return;
  const int gradscale = pass_grad_scale_.value_or(0);
  even_.resize(dy.size());
  odd_.resize(dy.size());
  const Fp16Code largest =
      fp4_quantize_codes(dy.data(), dy.size(), gradscale, even_.data(), odd_.data());
  if (!pass.leaves_no_mark) vote_ = grad_scale_vote(fp16_to_float(largest), gradscale);
}

void TrainedGemm::take_step_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  begin_gradient(dy, pass);
  if (!has_grad_scale()) return;
  even_.resize(dy.size());
  odd_.resize(dy.size());
  (void)fp4_quantize_codes(dy.data(), dy.size(), pass_grad_scale_.value_or(0), even_.data(),
                           odd_.data());
}

void TrainedGemm::dgrad(const ConvShape& conv, const GemmOperand& w, const TrainingPass& pass,
                        Fp16Code* dx) {
  multiply_gradient(conv, GemmPass::dgrad, w, pass, dx);
}

void TrainedGemm::wgrad(const ConvShape& conv, const GemmOperand& x, const TrainingPass& pass,
                        Fp16Code* dw) {
  multiply_gradient(conv, GemmPass::wgrad, x, pass, dw);
}

void TrainedGemm::multiply_gradient(const ConvShape& conv, GemmPass pass,
                                    const GemmOperand& stationary, const TrainingPass& how,
                                    Fp16Code* result) {
  const GemmCall call = call_of(pass, stationary.integer);
  const bool nibbles = call.operands == GemmOperands::nibble;
  const std::vector<NibbleCode>* codes = pass == GemmPass::dgrad ? &even_ : &odd_;
  const Operands operands{nibbles ? codes : nullptr, stationary.codes, nibbles ? nullptr : dy_,
                          stationary.values};
  const float unscale = std::ldexp(1.0F, -pass_grad_scale_.value_or(0));
  multiply(conv, pass, call, operands, stationary.step * unscale, how, result);
}

/// result = fp16(accumulator * scale).
void TrainedGemm::accumulate(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                             const Operands& operands, float scale, Fp16Code* result) const {
  const GemmFunction& gemm = gemm_ ? gemm_ : fast_gemm;
  std::vector<Fp16Code> accumulators;
  if (call.operands == GemmOperands::nibble) {
    const NibbleCode* streamed = operands.streamed_codes->data();
    const NibbleCode* stationary = operands.stationary_codes->data();
    if (!gemm_ && packed_pass_takes(conv, pass, call.arithmetic)) {
      return packed_pass(conv, pass, call.arithmetic, streamed, stationary, scale, result);
    }
    accumulators = run_pass(conv, pass, streamed, stationary, call, gemm);
  } else {
    accumulators = run_pass(conv, pass, operands.streamed_values->data(),
                            operands.stationary_values->data(), call, gemm);
  }
  if (scale == 1.0F) {
    std::copy(accumulators.begin(), accumulators.end(), result);
  } else {
    scale_codes(accumulators.data(), accumulators.size(), scale, result);
  }
}

void TrainedGemm::multiply(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                           const Operands& operands, float scale, const TrainingPass& how,
                           Fp16Code* result) const {
  if (how.sink == nullptr) return accumulate(conv, pass, call, operands, scale, result);
  std::vector<Fp16Code> accumulators(static_cast<std::size_t>(result_elements(conv, pass)));
  accumulate(conv, pass, call, operands, 1.0F, accumulators.data());
  const int gradscale = pass == GemmPass::forward ? 0 : pass_grad_scale_.value_or(0);
  how.sink->record({name_, call.operands, pass, call.arithmetic, conv, operands.streamed_codes,
                    operands.stationary_codes, operands.streamed_values, operands.stationary_values,
                    accumulators, scale, gradscale});
  scale_codes(accumulators.data(), accumulators.size(), scale, result);
}

std::vector<TrainedState> TrainedGemm::states() {
  if (!has_grad_scale()) return {};
  return {{name_ + ".gradscale", &grad_scale_}};
}

std::optional<int> TrainedGemm::grad_scale() const {
  if (grad_scale_.empty()) return std::nullopt;
  return static_cast<int>(grad_scale_.front());
}

void TrainedGemm::finish_step() {
  if (!grad_scale_.empty()) {
    grad_scale_.front() = static_cast<float>(grad_scale_update(*grad_scale(), vote_));
  }
  vote_ = 0;
  pass_grad_scale_.reset();
}

}  // namespace nibble
