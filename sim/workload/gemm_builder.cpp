// Convolutions, linear layers and products of activations: operands in the format that each pass
// wants, GEMMs, and what the SFU does with their results.
#include "sim/command/tile_geometry.h"
#include "sim/workload/step_builder.h"

namespace nibble {

GemmWork StepBuilder::gemm_work(int layer, GemmPass pass) const {
  GemmWork work;
  work.pass = pass;
  work.precision = graph_.precision(layer, pass);
  work.arithmetic.accumulator = options_.accumulator;
  if (pass == GemmPass::dgrad) work.arithmetic.stream = StreamFormat::fp4_even;
  if (pass == GemmPass::wgrad) work.arithmetic.stream = StreamFormat::fp4_odd;
  if (layer_at(layer).kind != LayerKind::lstm) {
    work.conv = conv_shape(layer_at(layer), options_.batch);
  }
  return work;
}

/// The network's input has a known range of either sign.
StreamFormat StepBuilder::stream_format(int source) const {
  const bool unsigned_codes = source >= 0 && layer_at(source).kind == LayerKind::pact;
  return unsigned_codes ? StreamFormat::u4 : StreamFormat::s4;
}

StationaryFormat StepBuilder::stationary_format(int source) const {
  return stream_format(source) == StreamFormat::u4 ? StationaryFormat::u4 : StationaryFormat::s4;
}

/// The output of `source` as the forward GEMM of `reader` wants it; made once for all readers.
TensorSlice StepBuilder::operand(int reader, int source) {
  const TilePrecision precision = graph_.precision(reader, GemmPass::forward);
  if (precision == TilePrecision::fp16) return value_in_memory(source);
  const bool nibble = precision == TilePrecision::nibble4;
  LayerTensors& of = tensors_of(source);
  if ((nibble ? of.codes : of.fp8) == kNoTensor) {
    if (nibble && source >= 0) {
      fail(reader, "a 4-bit layer must read a pact layer, allowed: precision fp16 here");
    }
    Expression run = value_of(source);
    run.steps.push_back(nibble ? SfuStep::s4_quantise : SfuStep::fp8_quantise);
    const TensorId made = add_map(name_of(source) + (nibble ? ".codes" : ".fp8"),
                                  graph_.shape(source), operand_bits(precision));
    emit(SfuWork{std::move(run.steps),
                 elements_of(source),
                 std::move(run.inputs),
                 {made},
                 std::move(run.whole)});
    (nibble ? of.codes : of.fp8) = made;
  }
  return nibble ? of.codes : of.fp8;
}

void StepBuilder::forward_gemm(int layer) {
  const Layer& at = layer_at(layer);
  const bool product = at.kind == LayerKind::matmul;
  const int source = source_of(layer);
  LayerTensors& mine = tensors_of(layer);
  open_gemm_stage(layer, Pass::forward);
  prepare_weights(layer);

  GemmWork gemm = gemm_work(layer, GemmPass::forward);
  gemm.streamed = operand(layer, source);
  gemm.arithmetic.stream = stream_format(source);
  mine.input = {gemm.streamed};
  if (product) {
    const int second = graph_.inputs(layer).at(1);
    gemm.stationary = operand(layer, second);
    gemm.arithmetic.stationary = stationary_format(second);
    mine.second = {gemm.stationary};
  } else {
    gemm.stationary = mine.weights.front().operand;
  }
  gemm.result = add_map(at.name + ".y.acc", graph_.shape(layer), 16);
  emit(gemm);

  SfuWork epilogue;
  epilogue.steps = {SfuStep::scale};
  epilogue.elements = elements_of(layer);
  epilogue.inputs = {gemm.result};
  if (at.bias) epilogue.steps.push_back(SfuStep::residual_add);
  mine.value = add_map(at.name + ".y", graph_.shape(layer), 16);
  epilogue.outputs = {mine.value};
  if (options_.training) add_statistics_of_readers(layer, epilogue);
  emit(std::move(epilogue));
  close_stage();
}

void StepBuilder::add_statistics_of_readers(int layer, SfuWork& epilogue) {
  for (const int reader : graph_.readers(layer)) {
    const LayerKind kind = layer_at(reader).kind;
    if (kind != LayerKind::batch_norm && kind != LayerKind::layer_norm) continue;
    epilogue.steps.push_back(kind == LayerKind::batch_norm ? SfuStep::bn_statistics
                                                           : SfuStep::norm_statistics);
    tensors_of(reader).input = {tensors_of(layer).value};
    epilogue.outputs.emplace_back(add_statistics(reader));
  }
}

/// From its 16-bit value, once for each format that the passes want; FP4 has a phase a pass.
StepBuilder::GradientOperands StepBuilder::quantise_gradient(int layer, bool for_dgrad,
                                                             bool for_wgrad) {
  const std::string& name = layer_at(layer).name;
  const FeatureShape& shape = graph_.shape(layer);
  const auto wants = [&](GemmPass pass, TilePrecision precision) {
    return (pass == GemmPass::dgrad ? for_dgrad : for_wgrad) &&
           graph_.precision(layer, pass) == precision;
  };
  GradientOperands made;
  Expression run = gradient_of(layer);
  std::vector<TensorSlice> outputs;
  const auto quantise = [&](SfuStep step, const char* suffix, int bits) {
    run.steps.push_back(step);
    outputs.emplace_back(add_map(name + suffix, shape, bits));
    return outputs.back();
  };
  const bool fp16 =
      wants(GemmPass::dgrad, TilePrecision::fp16) || wants(GemmPass::wgrad, TilePrecision::fp16);
  if (fp16) {
    made.dgrad = made.wgrad = materialise(std::move(run), name + ".dy", shape);
    run = {{}, {made.dgrad}, {}};
  }
  if (wants(GemmPass::wgrad, TilePrecision::nibble4)) {
    made.wgrad = quantise(SfuStep::fp4_quantise, ".dy.odd", 4);
  }
  if (wants(GemmPass::dgrad, TilePrecision::nibble4)) {
    made.dgrad = quantise(SfuStep::fp4_quantise, ".dy.even", 4);
  }
  const bool dgrad8 = wants(GemmPass::dgrad, TilePrecision::fp8);
  const bool wgrad8 = wants(GemmPass::wgrad, TilePrecision::fp8);
  if (dgrad8 || wgrad8) {
    const TensorSlice fp8 = quantise(SfuStep::fp8_quantise, ".dy.fp8", 8);
    if (dgrad8) made.dgrad = fp8;
    if (wgrad8) made.wgrad = fp8;
  }
  if (!outputs.empty()) {
    emit(SfuWork{std::move(run.steps), elements_of(layer), std::move(run.inputs),
                 std::move(outputs), std::move(run.whole)});
  }
  return made;
}

void StepBuilder::backward_gemm(int layer) {
  const Layer& at = layer_at(layer);
  const bool product = at.kind == LayerKind::matmul;
  const int source = source_of(layer);
  const LayerTensors& mine = tensors_of(layer);
  const int second = product ? graph_.inputs(layer).at(1) : 0;
  run_pending_update();
  if (source < 0 && second < 0) {
    tensors_of(layer).gradients.clear();  // a product of images: nothing learns from it
    return;
  }
  const GradientOperands dy = quantise_gradient(layer, source >= 0, second >= 0);

  if (source >= 0) {
    open_gemm_stage(layer, Pass::dgrad);
    GemmWork dgrad = gemm_work(layer, GemmPass::dgrad);
    dgrad.streamed = dy.dgrad;
    dgrad.stationary = product ? mine.second.front() : mine.weights.front().operand;
    if (product) dgrad.arithmetic.stationary = stationary_format(second);
    dgrad.result = add_input_gradient(layer, dgrad.conv);
    emit(dgrad);
    add_gradient(source, {{SfuStep::scale}, {dgrad.result}, {}});
  }
  if (second < 0) return;

  GemmWork wgrad = gemm_work(layer, GemmPass::wgrad);
  wgrad.arithmetic.stationary = stationary_format(source);
  wgrad.streamed = dy.wgrad;
  wgrad.stationary = mine.input.front();
  if (product) {
    wgrad.result = add_map(at.name + ".db.acc", graph_.shape(second), 16);
    open_gemm_stage(layer, Pass::wgrad);
    emit(wgrad);
    return add_gradient(second, {{SfuStep::scale}, {wgrad.result}, {}});
  }
  wgrad.result = add_tensor({at.name + ".dw.acc", mine.weights.front().elements, 16});
  pending_update_ = PendingUpdate{layer, {wgrad}};
}

/// Without the output phases that no tap meets, as in a 1x1 with stride 2: the run that reads it
/// puts zeros there.
TensorId StepBuilder::add_input_gradient(int layer, const ConvShape& conv) {
  std::int64_t written = 0;
  for (const LoweredGemm& part : lower_conv(conv, GemmPass::dgrad)) {
    written += conv.groups * part.shape.m * part.shape.n;
  }
  const std::int64_t rows = written / layer_at(layer).input_shape.c;
  return add_tensor({layer_at(layer).name + ".dx.acc", written, 16, false, rows});
}

}  // namespace nibble
