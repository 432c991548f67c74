#include "models/training/quantised_gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/formats/fp8.h"
#include "models/layers/fp16_values.h"
#include "models/quantize/grad_scale.h"
#include "models/training/large_pages.h"

namespace nibble {
namespace {

/// Made by the chip's own quantiser, both phases at once.
bool is_two_phase(const TrainingRecipe& recipe) {
  const GradientCopy &dgrad = recipe.dgrad, &wgrad = recipe.wgrad;
  return recipe.scaling != RecipeScaling::tensor_max && dgrad.grid == GradientGrid::radix4_even &&
         wgrad.grid == GradientGrid::radix4_odd && dgrad.rounding == GradientRounding::nearest &&
         wgrad.rounding == GradientRounding::nearest;
}

}  // namespace

QuantisedGradient::QuantisedGradient(std::string layer, int index, const LayerFormats& formats,
                                     TrainingRecipe recipe)
    : layer_(std::move(layer)), index_(index), recipe_(std::move(recipe)) {
  dgrad_.operands = formats.dgrad;
  dgrad_.how = recipe_.dgrad;
  wgrad_.operands = formats.wgrad;
  wgrad_.how = recipe_.wgrad;
}

bool QuantisedGradient::has_grad_scale() const {
  return recipe_.scaling == RecipeScaling::grad_scale && quantises();
}

bool QuantisedGradient::quantises() const {
  return has_codes(dgrad_.operands) || has_codes(wgrad_.operands);
}

std::optional<int> QuantisedGradient::exponent() const {
  if (!quantises() || recipe_.scaling == RecipeScaling::tensor_max) return std::nullopt;
  return pass_grad_scale();
}

void QuantisedGradient::begin_pass() {
  pass_grad_scale_.reset();
  steps_taken_ = 0;
}

/// The first gradient of a pass that is not zero decides.
void QuantisedGradient::decide_grad_scale(const std::vector<Fp16Code>& dy,
                                          const TrainingPass& pass) {
  if (!has_grad_scale() || pass_grad_scale_) return;
  pass_grad_scale_ = grad_scale();
  if (pass_grad_scale_) return;
  pass_grad_scale_ = grad_scale_initial(fp16_to_float(max_magnitude_code(dy.data(), dy.size())));
  if (pass_grad_scale_ && !pass.leaves_no_mark) {
    grad_scale_.assign(1, static_cast<float>(*pass_grad_scale_));
  }
}

void QuantisedGradient::take(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  decide_grad_scale(dy, pass);
  dy_ = &dy;
  part_ = 0;
  Fp16Code largest = 0;
  if (has_two_phases()) {
    const Fp4Phases codes = two_phases(dy.size());
    largest = fp4_quantize_codes(dy.data(), dy.size(), codes.gradscale, codes.even, codes.odd);
    finish_two_phases();
  } else if (quantises()) {
    largest = max_magnitude_code(dy.data(), dy.size());
    make(dgrad_, kUseDgrad, largest, pass);
    make(wgrad_, kUseWgrad, largest, pass);
  }
  vote(largest, pass);
}

void QuantisedGradient::vote(Fp16Code largest, const TrainingPass& pass) {
  if (pass.leaves_no_mark || !has_grad_scale()) return;
  vote_ = grad_scale_vote(fp16_to_float(largest), pass_grad_scale());
}

std::optional<Fp4Phases> QuantisedGradient::phases(std::size_t elements, const TrainingPass& pass) {
  const bool needs_values = pass.sink != nullptr || recipe_.correction != GradientCorrection::none;
  if (!has_two_phases() || needs_values) return std::nullopt;
  if (has_grad_scale()) {
    if (!grad_scale()) return std::nullopt;
    pass_grad_scale_ = grad_scale();
  }
  return two_phases(elements);
}

void QuantisedGradient::take_phases(Fp16Code largest, const TrainingPass& pass) {
  dy_ = nullptr;
  part_ = 0;
  finish_two_phases();
  vote(largest, pass);
}

void QuantisedGradient::take_step(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  decide_grad_scale(dy, pass);
  dy_ = &dy;
  part_ = ++steps_taken_;
  if (!quantises()) return;
  const Fp16Code largest = max_magnitude_code(dy.data(), dy.size());
  make(dgrad_, kUseDgrad, largest, pass);
  if (takes_both(GemmPass::dgrad)) make(wgrad_, kUseWgrad, largest, pass);
}

bool QuantisedGradient::takes_both(GemmPass pass) const {
  return copy(pass).how.both_phases && dgrad_.operands == GemmOperands::nibble &&
         wgrad_.operands == GemmOperands::nibble;
}

bool QuantisedGradient::has_two_phases() const {
  return dgrad_.operands == GemmOperands::nibble && wgrad_.operands == GemmOperands::nibble &&
         is_two_phase(recipe_);
}

Fp4Phases QuantisedGradient::two_phases(std::size_t elements) {
  resize_tensor(dgrad_.codes, elements);
  resize_tensor(wgrad_.codes, elements);
  return {pass_grad_scale(), dgrad_.codes.data(), wgrad_.codes.data()};
}

void QuantisedGradient::finish_two_phases() {
  finish(dgrad_, std::ldexp(1.0F, pass_grad_scale()));
  finish(wgrad_, std::ldexp(1.0F, pass_grad_scale()));
}

void QuantisedGradient::make(Copy& copy, RandomUse use, Fp16Code largest,
                             const TrainingPass& pass) {
  resize_tensor(copy.codes, dy_->size());
  if (copy.operands == GemmOperands::fp8) {
    make_fp8(copy, largest);
  } else if (copy.operands == GemmOperands::nibble) {
    make_nibbles(copy, largest, stream(use, pass));
  }
}

/// With tensor_max its largest magnitude goes to (32, 64], where GradScale wants it.
void QuantisedGradient::make_fp8(Copy& copy, Fp16Code largest) const {
  int exponent = pass_grad_scale();
  if (recipe_.scaling == RecipeScaling::tensor_max) {
    exponent = grad_scale_initial(fp16_to_float(largest)).value_or(0);
  }
  fp8_from_fp16s(Fp8Format::e5m2, dy_->data(), dy_->size(), exponent, copy.codes.data());
  copy.result_factor = std::ldexp(1.0F, -exponent);
}

/// One for both copies: the odd phase of half the factor would be the even phase once more.
float QuantisedGradient::max_factor(float largest) const {
  float factor = std::numeric_limits<float>::infinity();
  for (const Copy* made : {&dgrad_, &wgrad_}) {
    if (made->operands != GemmOperands::nibble) continue;
    factor = std::min(factor, tensor_max_factor(made->how.grid, largest));
  }
  return factor;
}

void QuantisedGradient::make_nibbles(Copy& copy, Fp16Code largest,
                                     const RandomStream& random) const {
  const float factor = recipe_.scaling == RecipeScaling::tensor_max
                           ? max_factor(fp16_to_float(largest))
                           : std::ldexp(1.0F, pass_grad_scale());
  gradient_quantize(copy.how.grid, copy.how.rounding, dy_->data(), dy_->size(), factor, random,
                    copy.codes.data());
  finish(copy, factor);
}

/// The codes stand for dy * factor.
void QuantisedGradient::finish(Copy& copy, float factor) const {
  float correction = 1.0F;
  if (recipe_.correction != GradientCorrection::none) {
    correction = gradient_correction(recipe_.correction, copy.how.grid, dy_->data(), dy_->size(),
                                     factor, copy.codes.data());
  }
  copy.result_factor = 1.0F / factor * correction;
}

const std::vector<std::uint8_t>* QuantisedGradient::codes(GemmPass pass) const {
  const Copy& made = copy(pass);
  return has_codes(made.operands) ? &made.codes : nullptr;
}

const std::vector<Fp16Code>* QuantisedGradient::values(GemmPass pass) const {
  return has_codes(copy(pass).operands) ? nullptr : dy_;
}

RandomStream QuantisedGradient::stream(RandomUse use, const TrainingPass& pass) const {
  const std::uint32_t part = use == kUseHadamard ? 0 : part_;
  return {pass.seed, pass.step, static_cast<std::uint32_t>(index_), use + kRandomUses * part};
}

std::vector<TrainedState> QuantisedGradient::states() {
  if (!has_grad_scale()) return {};
  return {{layer_ + ".gradscale", &grad_scale_, true}};
}

std::optional<int> QuantisedGradient::grad_scale() const {
  if (grad_scale_.empty()) return std::nullopt;
  return static_cast<int>(grad_scale_.front());
}

void QuantisedGradient::finish_step() {
  if (!grad_scale_.empty()) {
    grad_scale_.front() = static_cast<float>(grad_scale_update(*grad_scale(), vote_));
  }
  vote_ = 0;
  begin_pass();
}

}  // namespace nibble
