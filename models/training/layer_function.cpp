#include "models/training/layer_function.h"

#include <stdexcept>
#include <utility>

#include "models/layers/fp16_values.h"

namespace nibble {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A layer reads at most this many tensors; libtorch finds them only as arguments of their own.
constexpr std::size_t kMostInputs = 3;
using Input = c10::optional<torch::Tensor>;

struct LayerFunction : public torch::autograd::Function<LayerFunction> {
  static torch::Tensor forward(AutogradContext* context, const Input& first, const Input& second,
                               const Input& third, IncomingGradient incoming,
                               const c10::intrusive_ptr<LayerWork>& work) {
    context->saved_data["work"] = c10::IValue::make_capsule(work);
    context->saved_data["rounds"] = incoming == IncomingGradient::binary32;
    variable_list inputs;
    for (const Input& input : {first, second, third}) {
      if (input) inputs.push_back(*input);
    }
    return work->forward(inputs);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    torch::Tensor dy = gradients[0].contiguous();
    if (context->saved_data["rounds"].toBool()) {
      const torch::Tensor rounded = torch::empty_like(dy);
      fp16_round(dy.data_ptr<float>(), static_cast<std::size_t>(dy.numel()),
                 rounded.data_ptr<float>());
      dy = rounded;
    }
    const auto work =
        c10::static_intrusive_pointer_cast<LayerWork>(context->saved_data["work"].toCapsule());
    variable_list result = work->backward(dy);
    result.resize(kMostInputs + 2);  // nothing for absent inputs and for what is no tensor
    return result;
  }
};

}  // namespace

torch::Tensor apply_layer(const std::vector<torch::Tensor>& inputs, IncomingGradient incoming,
                          c10::intrusive_ptr<LayerWork> work) {
  if (inputs.size() > kMostInputs) throw std::invalid_argument("a layer reads too many tensors");
  const auto input = [&](std::size_t i) { return i < inputs.size() ? Input(inputs[i]) : Input(); };
  return LayerFunction::apply(input(0), input(1), input(2), incoming, std::move(work));
}

}  // namespace nibble
