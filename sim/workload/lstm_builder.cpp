// LSTM layers. The inputs of all time steps are multiplied at once; then each step adds h.Wh of the
// step before, so the array and the SFU take turns, and the two directions of a bidirectional layer
// fill each other's pauses. A direction that runs backward in time takes its steps from the last.
#include "models/layers/conv_lowering.h"
#include "models/layers/lstm_parts.h"
#include "sim/command/tile_geometry.h"
#include "sim/workload/step_builder.h"

namespace nibble {
namespace {

constexpr std::int64_t kGates = 4;

/// Of a tensor with a slice a time step.
TensorSlice at_time(TensorSlice all, std::int64_t time, std::int64_t times) {
  return {all.tensor, all.part * times + time, all.parts * times};
}

/// Of step `step` in a direction.
std::int64_t time_of(int direction, std::int64_t step, std::int64_t times) {
  return direction == 0 ? step : times - 1 - step;
}

void repeat(std::vector<SfuStep>& steps, SfuStep step) { steps.insert(steps.end(), kGates, step); }

}  // namespace

/// A sequence of one step has no recurrence.
void StepBuilder::prepare_lstm_weights(int layer, TilePrecision precision) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  for (int index = 0; index < (at.bidirectional ? 2 : 1); ++index) {
    LstmDirection direction;
    direction.name = at.name;
    if (at.bidirectional) {
      direction.name += index == 0 ? ".ahead" : ".back";
      direction.part_prefix = index == 0 ? kLstmAhead : kLstmBack;
    }
    direction.input_weights = static_cast<int>(mine.weights.size());
    mine.weights.push_back(
        add_weights(direction.name + ".wx", kGates * at.filters * at.input_shape.c, precision));
    if (at.input_shape.h > 1) {
      direction.hidden_weights = static_cast<int>(mine.weights.size());
      mine.weights.push_back(
          add_weights(direction.name + ".wh", kGates * at.filters * at.filters, precision));
    }
    mine.directions.push_back(std::move(direction));
  }
}

void StepBuilder::forward_lstm(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  open_gemm_stage(layer, Pass::forward);
  prepare_weights(layer);
  mine.input = {operand(layer, source_of(layer))};
  mine.value = add_map(at.name + ".y", graph_.shape(layer), 16);
  const int directions = static_cast<int>(mine.directions.size());
  for (int index = 0; index < directions; ++index) add_lstm_direction(layer, index);
  for (std::int64_t step = 0; step < at.input_shape.h; ++step) {
    for (int index = 0; index < directions; ++index) lstm_step(layer, index, step);
  }
  close_stage();
}

/// Its tensors, and X.Wx for all steps.
void StepBuilder::add_lstm_direction(int layer, int index) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  LstmDirection& direction = mine.directions[static_cast<std::size_t>(index)];
  const std::int64_t times = at.input_shape.h;
  const FeatureShape hidden{times, 1, at.filters};
  const auto add = [&](const char* suffix, FeatureShape shape, int bits = 16) {
    return add_map(direction.name + suffix, shape, bits);
  };
  direction.projection = add(".x.acc", {times, 1, kGates * at.filters});
  direction.cell = add(".cell", hidden);
  if (options_.training) direction.gates = add(".gates", {times, 1, kGates * at.filters});
  direction.value = {mine.value, index, static_cast<std::int64_t>(mine.directions.size())};
  direction.hidden = direction.value;
  if (times > 1) {
    direction.recurrent = add(".h.acc", {times - 1, 1, kGates * at.filters});
    const TilePrecision precision = graph_.precision(layer, GemmPass::forward);
    if (precision != TilePrecision::fp16) {
      direction.hidden = add(".h", hidden, operand_bits(precision));
    }
  }
  GemmWork gemm = gemm_work(layer, GemmPass::forward);
  gemm.conv = matrix_shape(options_.batch * times, at.input_shape.c, kGates * at.filters);
  gemm.arithmetic.stream = stream_format(source_of(layer));
  gemm.streamed = mine.input.front();
  gemm.stationary = mine.weights[static_cast<std::size_t>(direction.input_weights)].operand;
  gemm.result = direction.projection;
  gemm.part = direction.part_prefix + kLstmInputPart;
  emit(gemm);
}

void StepBuilder::lstm_step(int layer, int index, std::int64_t step) {
  const Layer& at = layer_at(layer);
  const LayerTensors& mine = tensors_of(layer);
  const LstmDirection& direction = mine.directions[static_cast<std::size_t>(index)];
  const std::int64_t times = at.input_shape.h;
  const std::int64_t time = time_of(index, step, times);
  SfuWork cell;
  cell.elements = options_.batch * at.filters;
  cell.inputs = {at_time(direction.projection, time, times)};
  repeat(cell.steps, SfuStep::scale);
  if (step > 0) {
    const std::int64_t before = time_of(index, step - 1, times);
    GemmWork gemm = gemm_work(layer, GemmPass::forward);
    gemm.conv = matrix_shape(options_.batch, at.filters, kGates * at.filters);
    gemm.arithmetic.stream = StreamFormat::s4;  // h is in (-1, 1)
    gemm.streamed = at_time(direction.hidden, before, times);
    gemm.stationary = mine.weights[static_cast<std::size_t>(direction.hidden_weights)].operand;
    gemm.result = {direction.recurrent, step - 1, times - 1};
    gemm.part = direction.part_prefix + lstm_step_part(step);
    emit(gemm);
    repeat(cell.steps, SfuStep::scale);
    repeat(cell.steps, SfuStep::residual_add);
    cell.inputs.push_back(gemm.result);
    cell.inputs.push_back(at_time(direction.cell, before, times));
  }
  cell.steps.push_back(SfuStep::lstm_cell);
  cell.outputs = {at_time(direction.value, time, times), at_time(direction.cell, time, times)};
  if (direction.hidden.tensor != mine.value) {
    const bool nibble = graph_.precision(layer, GemmPass::forward) == TilePrecision::nibble4;
    cell.steps.push_back(nibble ? SfuStep::s4_quantise : SfuStep::fp8_quantise);
    cell.outputs.push_back(at_time(direction.hidden, time, times));
  }
  if (options_.training) cell.outputs.push_back(at_time(direction.gates, time, times));
  emit(std::move(cell));
}

void StepBuilder::backward_lstm(int layer) {
  LayerTensors& mine = tensors_of(layer);
  const std::int64_t times = layer_at(layer).input_shape.h;
  const int directions = static_cast<int>(mine.directions.size());
  run_pending_update();
  const TensorId dy = gradient_in_memory(layer);
  if (times > 1 || source_of(layer) >= 0) open_gemm_stage(layer, Pass::dgrad);
  for (LstmDirection& direction : mine.directions) add_gate_gradients(layer, direction);
  for (std::int64_t step = times - 1; step >= 0; --step) {
    for (int index = 0; index < directions; ++index) lstm_step_backward(layer, index, step, dy);
  }
  lstm_gradients(layer);
}

/// Quantised once for each format that dgrad or wgrad wants.
void StepBuilder::add_gate_gradients(int layer, LstmDirection& direction) {
  const Layer& at = layer_at(layer);
  const std::int64_t times = at.input_shape.h;
  const FeatureShape gates{times, 1, kGates * at.filters};
  const TilePrecision for_dgrad = graph_.precision(layer, GemmPass::dgrad);
  const TilePrecision for_wgrad = graph_.precision(layer, GemmPass::wgrad);
  const auto add = [&](const char* suffix, TilePrecision precision) {
    const TensorSlice made = add_map(direction.name + suffix, gates, operand_bits(precision));
    direction.gate_gradients.push_back(made);
    if (precision == TilePrecision::nibble4) direction.quantisers.push_back(SfuStep::fp4_quantise);
    if (precision == TilePrecision::fp8) direction.quantisers.push_back(SfuStep::fp8_quantise);
    return made;
  };
  const bool fp4 = for_wgrad == TilePrecision::nibble4;
  direction.wgrad = add(fp4 ? ".dgates.odd" : ".dgates", for_wgrad);
  direction.dgrad = direction.wgrad;
  const bool needed = times > 1 || source_of(layer) >= 0;
  if (needed && (for_dgrad != for_wgrad || fp4)) {
    direction.dgrad = add(".dgates.even", for_dgrad);
  }
  if (times == 1) return;
  const FeatureShape carried{times - 1, 1, at.filters};
  direction.cell_gradient = add_map(direction.name + ".dcell", carried, 16);
  direction.hidden_gradient = add_map(direction.name + ".dh.acc", carried, 16);
}

void StepBuilder::lstm_step_backward(int layer, int index, std::int64_t step, TensorId dy) {
  const Layer& at = layer_at(layer);
  const LayerTensors& mine = tensors_of(layer);
  const LstmDirection& direction = mine.directions[static_cast<std::size_t>(index)];
  const std::int64_t times = at.input_shape.h;
  const std::int64_t time = time_of(index, step, times);
  const TensorSlice all{dy, direction.value.part, direction.value.parts};
  SfuWork cell;
  cell.elements = options_.batch * at.filters;
  cell.inputs = {at_time(all, time, times), at_time(direction.gates, time, times),
                 at_time(direction.cell, time, times)};
  if (step + 1 < times) {  // what the step behind it says of h and the cell
    cell.steps = {SfuStep::scale, SfuStep::residual_add};
    cell.inputs.emplace_back(direction.hidden_gradient, step, times - 1);
    cell.inputs.emplace_back(direction.cell_gradient, step, times - 1);
  }
  cell.steps.push_back(SfuStep::lstm_cell_backward);
  for (const SfuStep quantiser : direction.quantisers) repeat(cell.steps, quantiser);
  for (const TensorSlice gradient : direction.gate_gradients) {
    cell.outputs.push_back(at_time(gradient, time, times));
  }
  if (step > 0) {
    cell.inputs.push_back(at_time(direction.cell, time_of(index, step - 1, times), times));
    cell.outputs.emplace_back(direction.cell_gradient, step - 1, times - 1);
  }
  emit(std::move(cell));
  if (step == 0) return;
  GemmWork gemm = gemm_work(layer, GemmPass::dgrad);
  gemm.conv = matrix_shape(options_.batch, at.filters, kGates * at.filters);
  gemm.streamed = at_time(direction.dgrad, time, times);
  gemm.stationary = mine.weights[static_cast<std::size_t>(direction.hidden_weights)].operand;
  gemm.result = {direction.hidden_gradient, step - 1, times - 1};
  gemm.part = direction.part_prefix + lstm_step_part(step);
  emit(gemm);
}

/// dX, dWx and dWh of all steps at once. dWh takes h and the gates' gradients as they lie, one step
/// apart: K is that of all steps, though the first has no h before it.
void StepBuilder::lstm_gradients(int layer) {
  const Layer& at = layer_at(layer);
  const LayerTensors& mine = tensors_of(layer);
  const int source = source_of(layer);
  const std::int64_t rows = options_.batch * at.input_shape.h;
  for (const LstmDirection& direction : mine.directions) {
    if (source < 0) break;
    GemmWork gemm = gemm_work(layer, GemmPass::dgrad);
    gemm.conv = matrix_shape(rows, at.input_shape.c, kGates * at.filters);
    gemm.streamed = direction.dgrad;
    gemm.stationary = mine.weights[static_cast<std::size_t>(direction.input_weights)].operand;
    gemm.result = add_map(direction.name + ".dx.acc", at.input_shape, 16);
    gemm.part = direction.part_prefix + kLstmInputPart;
    emit(gemm);
    add_gradient(source, {{SfuStep::scale}, {gemm.result}, {}});
  }
  PendingUpdate pending{layer, {}};
  const auto wgrad = [&](const LstmDirection& direction, TensorSlice stationary,
                         StationaryFormat format, std::int64_t inputs, const char* suffix,
                         const char* part) {
    GemmWork gemm = gemm_work(layer, GemmPass::wgrad);
    gemm.conv = matrix_shape(rows, inputs, kGates * at.filters);
    gemm.arithmetic.stationary = format;
    gemm.streamed = direction.wgrad;
    gemm.stationary = stationary;
    gemm.result = add_tensor({direction.name + suffix, inputs * kGates * at.filters, 16});
    gemm.part = direction.part_prefix + part;
    pending.wgrads.push_back(gemm);
  };
  for (const LstmDirection& direction : mine.directions) {
    wgrad(direction, mine.input.front(), stationary_format(source), at.input_shape.c, ".dwx.acc",
          kLstmInputPart);
    if (at.input_shape.h == 1) continue;
    wgrad(direction, direction.hidden, StationaryFormat::s4, at.filters, ".dwh.acc",
          kLstmHiddenPart);
  }
  pending_update_ = std::move(pending);
}

}  // namespace nibble
