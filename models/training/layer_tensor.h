// A tensor between layers while a network trains: fp16 codes, 4-bit codes for GEMMs that read
// it, and the gradient on its way back. Memory is kept from step to step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/fp16_values.h"
#include "models/layers/network.h"
#include "models/layers/sequence_elementwise_norm.h"
#include "models/training/large_pages.h"
#include "models/training/pointwise_arithmetic.h"
#include "models/training/trained_gemm.h"

namespace nibble {

class LayerTensor {
 public:
  std::string name;    // of the layer that makes it
  FeatureShape shape;  // of one sample
  // What its readers want; whoever makes the tensor makes no more.
  bool wants_values = false, wants_codes = false;
  bool wants_gradient = true;     // the network's input does not: a GEMM then leaves its dgrad out
  std::vector<Fp16Code> values;   // [N,H,W,C]
  std::vector<NibbleCode> codes;  // [N,H,W,C], u4 or s4
  bool signed_codes = false;      // s4, of a pact_signed layer
  float alpha = 0;                // the value of code 15, or of the s4 code 7
  /// Both phases' FP4 codes do for the gradient, if one reader makes all of it. Set by the layer
  /// that makes the tensor, in each forward pass.
  std::optional<Fp4Phases> phases;
  std::optional<Fp16Code> phases_largest;  // they are there: the gradient's largest magnitude
  std::vector<std::int32_t> tokens;  // the network's input, if it is a text: [N,T], no values then

  /// Value of one unit of a code.
  [[nodiscard]] float step() const { return alpha / (signed_codes ? 7.0F : 15.0F); }
  /// As an operand of a GEMM.
  [[nodiscard]] GemmOperand operand(bool as_codes) const {
    if (!as_codes) return {nullptr, &values};
    return {&codes, nullptr, step(), integer()};
  }
  [[nodiscard]] StationaryFormat integer() const {
    return signed_codes ? StationaryFormat::s4 : StationaryFormat::u4;
  }
  [[nodiscard]] TensorShape layout() const { return {samples_, shape.h * shape.w, shape.c}; }
  [[nodiscard]] RowShape rows() const { return {samples_ * shape.h * shape.w, shape.c}; }
  [[nodiscard]] std::int64_t samples() const { return samples_; }
  [[nodiscard]] std::size_t elements() const {
    return static_cast<std::size_t>(samples_ * shape.elements());
  }

  /// Begins a step: there is no gradient yet.
  void begin(std::int64_t samples) {
    samples_ = samples;
    if (wants_values) resize_tensor(values, elements());
    if (wants_codes) resize_tensor(codes, elements());
    phases.reset();
    phases_largest.reset();
    gradients_ = 0;
  }

  // The gradient is the sum of its readers', added in fp16 in the order in which they come, the
  // last layer's first. The last addition is left to whoever reads the sum: it may do it in
  // passing.

  /// Where a reader writes its gradient, followed by added_gradient().
  [[nodiscard]] Fp16Code* new_gradient() {
    if (gradients_ == 2) (void)gradient();
    std::vector<Fp16Code>& target = gradients_ == 0 ? first_ : second_;
    resize_tensor(target, elements());
    return target.data();
  }
  void added_gradient() { ++gradients_; }
  /// The same for a gradient that lies in a vector already, which is given other contents.
  void take_gradient(std::vector<Fp16Code>& gradient) {
    (void)new_gradient();
    (gradients_ == 0 ? first_ : second_).swap(gradient);
    added_gradient();
  }

  /// The sum. Without any reader's gradient it is zero.
  [[nodiscard]] std::vector<Fp16Code>& gradient() {
    if (gradients_ == 0) first_.assign(elements(), 0);
    if (gradients_ == 2) {
      add_codes(second_.data(), static_cast<std::int64_t>(elements()), first_.data());
    }
    return summed_gradient();
  }
  /// Its last two parts, for a reader that adds them into the first, and what it calls then.
  [[nodiscard]] IncomingGradient incoming() {
    if (gradients_ == 2) return {first_.data(), second_.data()};
    return {gradient().data(), nullptr};
  }
  [[nodiscard]] std::vector<Fp16Code>& summed_gradient() {
    gradients_ = 1;
    return first_;
  }

 private:
  std::int64_t samples_ = 0;
  int gradients_ = 0;  // of first_ and second_ that are there
  std::vector<Fp16Code> first_, second_;
};

}  // namespace nibble
