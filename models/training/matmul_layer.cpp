#include "models/training/matmul_layer.h"

#include <utility>

namespace nibble {

MatmulLayer::MatmulLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
                         const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& a,
                         LayerTensor& b, LayerTensor& output)
    : layer_(layer),
      gemm_(layer.name, index, layer_formats(layer.precision, recipe), arithmetic, recipe,
            std::move(gemm)),
      a_(a),
      b_(b),
      output_(output) {
  for (LayerTensor* input : {&a, &b}) {
    (gemm_.formats().takes_codes() ? input->wants_codes : input->wants_values) = true;
  }
  output.wants_values = true;
}

void MatmulLayer::reorder(const LayerTensor& tensor, const SwappedAxes& axes,
                          Operand& operand) const {
  if (gemm_.formats().takes_codes()) {
    operand.codes.resize(tensor.elements());
    swap_axes(axes, tensor.codes.data(), operand.codes.data());
  } else {
    operand.values.resize(tensor.elements());
    swap_axes(axes, tensor.values.data(), operand.values.data());
  }
}

GemmOperand MatmulLayer::operand_of(const LayerTensor& tensor, const Operand& operand,
                                    float factor) const {
  if (!gemm_.formats().takes_codes()) return {nullptr, &operand.values, factor};
  return {&operand.codes, nullptr, factor * tensor.step(), tensor.integer()};
}

void MatmulLayer::forward(const TrainingPass& pass) {
  conv_ = conv_shape(layer_, pass.samples);
  axes_ = matmul_axes(layer_, pass.samples);
  reorder(a_, axes_.a, x_);
  reorder(b_, axes_.b, w_);
  result_.resize(output_.elements());
  gemm_.forward(conv_, operand_of(a_, x_, matmul_factor(layer_)), operand_of(b_, w_, 1.0F), pass,
                result_.data());
  swap_axes(axes_.y.inverse(), result_.data(), output_.values.data());
}

void MatmulLayer::backward(const TrainingPass& pass) {
  const float factor = matmul_factor(layer_);  // each of the two GEMMs has one operand's step
  gradient_.resize(output_.elements());
  swap_axes(axes_.y, output_.gradient().data(), gradient_.data());
  gemm_.take_gradient(gradient_, pass);
  result_.resize(a_.elements());
  gemm_.dgrad(conv_, operand_of(b_, w_, factor), pass, result_.data());
  swap_axes(axes_.a.inverse(), result_.data(), a_.new_gradient());
  a_.added_gradient();
  result_.resize(b_.elements());
  gemm_.wgrad(conv_, operand_of(a_, x_, factor), pass, result_.data());
  swap_axes(axes_.b.inverse(), result_.data(), b_.new_gradient());
  b_.added_gradient();
}

}  // namespace nibble
