// Backward half of a training step: loss, gradients through every layer, optimizer.
// Gradients that several readers contribute are summed where they are next needed.
#include <stdexcept>

#include "sim/workload/step_builder.h"

namespace nibble {

void StepBuilder::loss() {
  const int last = static_cast<int>(network_.layers.size()) - 1;
  const std::int64_t elements = output_elements(last);
  open_stage(last, Pass::loss);
  Expression logits = value_of(last);
  const TensorId gradient = add_tensor("loss.gradient", elements, 16);
  logits.steps.push_back(SfuStep::softmax_loss);
  emit({std::move(logits.steps), elements, std::move(logits.inputs), {gradient}, {}});
  add_gradient(last, {{}, {gradient}, {}});
  close_stage();
}

void StepBuilder::add_gradient(int layer, Expression gradient) {
  if (layer >= 0) tensors_of(layer).gradients.push_back(std::move(gradient));
}

Expression StepBuilder::gradient_of(int layer) {
  std::vector<Expression>& parts = tensors_of(layer).gradients;
  if (parts.empty()) fail(layer, "no gradient reaches it: its output is never read");
  Expression sum = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    sum = joined(std::move(sum), parts[i]);
    sum.steps.push_back(SfuStep::residual_add);
  }
  parts.clear();
  return sum;
}

void StepBuilder::backward(int layer) {
  const Layer& at = layer_at(layer);
  switch (at.kind) {
    case LayerKind::conv:
    case LayerKind::linear:
      backward_gemm(layer);
      return;
    case LayerKind::batch_norm:
      backward_batch_norm(layer);
      return;
    case LayerKind::pact:
    case LayerKind::relu:
      backward_activation(layer);
      return;
    case LayerKind::add: {
      // Both inputs receive the same tensor, so it has to be in memory.
      const TensorId gradient =
          materialise(gradient_of(layer), at.name + ".gradient", output_elements(layer));
      for (const int input : at.inputs) add_gradient(input, {{}, {gradient}, {}});
      return;
    }
    case LayerKind::max_pool:
    case LayerKind::global_avg_pool: {
      Expression run = gradient_of(layer);
      run.steps.push_back(SfuStep::pool);
      if (tensors_of(layer).mask != kNoTensor) run.inputs.push_back(tensors_of(layer).mask);
      const std::int64_t elements = options_.batch * at.input_shape.elements();
      const TensorId gradient = materialise(std::move(run), at.name + ".gradient", elements);
      add_gradient(at.inputs.front(), {{}, {gradient}, {}});
      return;
    }
  }
}

void StepBuilder::backward_activation(int layer) {
  Expression run = gradient_of(layer);
  run.steps.push_back(SfuStep::activation_backward);
  run.inputs.push_back(tensors_of(layer).mask);
  add_gradient(layer_at(layer).inputs.front(), std::move(run));
}

void StepBuilder::backward_batch_norm(int layer) {
  const Layer& at = layer_at(layer);
  const int source = at.inputs.front();
  const std::int64_t elements = output_elements(layer);
  const TensorId x = tensors_of(layer).input;

  // First pass: the sums. It also writes dz, unless dz is in memory already.
  Expression run = gradient_of(layer);
  const bool in_memory = run.steps.empty() && run.inputs.size() == 1;
  const TensorId dz =
      in_memory ? run.inputs.front().tensor : add_tensor(at.name + ".dz", elements, 16);
  const TensorId sums = add_tensor(at.name + ".sums", 2 * at.output_shape.c, 32);
  run.steps.push_back(SfuStep::bn_reduce);
  run.inputs.push_back(x);
  SfuWork reduce{
      std::move(run.steps), elements, std::move(run.inputs), {sums}, std::move(run.whole)};
  if (!in_memory) reduce.outputs.push_back(dz);
  emit(std::move(reduce));
  update(layer, sums);

  // Second pass: dy, which joins whatever the convolution does with it.
  add_gradient(source, {{SfuStep::bn_backward}, {dz, x}, {sums, tensors_of(layer).statistics}});
}

void StepBuilder::backward_gemm(int layer) {
  const Layer& at = layer_at(layer);
  const int source = at.inputs.front();
  LayerTensors& mine = tensors_of(layer);
  const std::int64_t elements = output_elements(layer);
  const bool nibble = is_nibble(layer);

  run_pending_update();

  TensorId dy_dgrad = kNoTensor;
  TensorId dy_wgrad = kNoTensor;
  Expression run = gradient_of(layer);
  if (nibble) {
    dy_wgrad = add_tensor(at.name + ".dy.odd", elements, 4);
    run.steps.push_back(SfuStep::fp4_quantise);
    std::vector<TensorSlice> outputs{dy_wgrad};
    if (source >= 0) {
      dy_dgrad = add_tensor(at.name + ".dy.even", elements, 4);
      run.steps.push_back(SfuStep::fp4_quantise);
      outputs.push_back(dy_dgrad);
    }
    emit({std::move(run.steps), elements, std::move(run.inputs), outputs, std::move(run.whole)});
  } else {
    dy_dgrad = dy_wgrad = materialise(std::move(run), at.name + ".dy", elements);
  }

  if (source >= 0) {
    open_gemm_stage(layer, Pass::dgrad);
    GemmWork dgrad;
    dgrad.pass = GemmPass::dgrad;
    dgrad.arithmetic.stream = StreamFormat::fp4_even;
    dgrad.streamed = dy_dgrad;
    dgrad.stationary = mine.weight;
    std::int64_t written = 0;
    for (const LoweredGemm& part : lower_conv(conv_shape(at, options_.batch), GemmPass::dgrad)) {
      written += part.shape.m * part.shape.n;
    }
    dgrad.result = add_tensor(at.name + ".dx.acc", written, 16);
    emit_gemm(layer, dgrad);
    Expression dx{{SfuStep::scale}, {dgrad.result}, {}};
    const std::int64_t input_elements = options_.batch * at.input_shape.elements();
    if (written < input_elements) {  // output phases that no tap meets, as in a 1x1 with stride 2
      const TensorId zeros = add_tensor(at.name + ".dx.zeros", input_elements - written, 16);
      emit({{SfuStep::zero_fill}, input_elements - written, {}, {zeros}, {}});
      dx.inputs.push_back(zeros);
    }
    add_gradient(source, std::move(dx));
  }

  open_gemm_stage(layer, Pass::wgrad);
  GemmWork wgrad;
  wgrad.pass = GemmPass::wgrad;
  wgrad.arithmetic.stream = StreamFormat::fp4_odd;
  wgrad.arithmetic.stationary = StationaryFormat::u4;
  wgrad.streamed = dy_wgrad;
  wgrad.stationary = mine.input;
  wgrad.result = add_tensor(at.name + ".dw.acc",
                            workload_.tensors[static_cast<std::size_t>(mine.weight)].elements, 16);
  emit_gemm(layer, wgrad);
  // What the layers above do with dX may run beside this wgrad; the optimizer step comes after.
  pending_update_ = PendingUpdate{layer, wgrad.result.tensor};
}

void StepBuilder::run_pending_update() {
  if (!pending_update_) return;
  const PendingUpdate pending = *pending_update_;
  pending_update_.reset();
  open_stage(pending.layer, Pass::update);
  update(pending.layer, pending.gradient);
  close_stage();
}

void StepBuilder::update(int layer, TensorId gradient) {
  const LayerTensors& mine = tensors_of(layer);
  const std::int64_t elements = workload_.tensors[static_cast<std::size_t>(mine.master)].elements;
  emit({{SfuStep::scale, SfuStep::sgd_update},
        elements,
        {gradient, mine.master, mine.momentum},
        {mine.master, mine.momentum},
        {}});
}

}  // namespace nibble
