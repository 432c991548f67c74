#include "models/training/step_capture.h"

#include <stdexcept>

#include "models/layers/layer_names.h"
#include "models/trace/replay.h"
#include "models/training/trace_recorder.h"

namespace nibble {
namespace {

template <typename Value>
std::vector<Value> first_part(const std::vector<Value>& values, std::int64_t part,
                              std::int64_t whole) {
  const std::int64_t each = static_cast<std::int64_t>(values.size()) / whole;
  return {values.begin(), values.begin() + part * each};
}

}  // namespace

Trace capture_step(TrainedNetwork& network, const TrainingTask& task, const Batch& batch,
                   std::int64_t part, std::uint64_t seed) {
  Batch taken;
  taken.samples = part;
  taken.step = batch.step;
  taken.images = first_part(batch.images, part, batch.samples);
  taken.tokens = first_part(batch.tokens, part, batch.samples);
  taken.labels = first_part(batch.labels, part, batch.samples);
  Trace trace;
  trace.network = network.network().name;
  trace.task = task.name;
  trace.dataset = task.dataset;
  trace.batch = part;
  trace.step = batch.step;
  trace.seed = seed;
  trace.chunk_len = task.chunk_len;
  trace.fp16_chunk_len = task.fp16_chunk_len;
  trace.accumulator = task.accumulator;
  TraceRecorder recorder(trace);
  network.capture(taken, batch.samples, recorder);
  return trace;
}

void check_captured_formats(const Network& network, const TrainingTask& task) {
  const TrainingRecipe& recipe = task.recipe;
  const auto refuse = [](const std::string& what) {
    throw std::invalid_argument(
        "--trace-step: no trace: " + what +
        ", a trace holds layers in int4_fp4, both phases of radix-4 FP4 scaled by powers of two, "
        "and in fp16");
  };
  if (recipe.arithmetic == TrainingArithmetic::fp32) refuse("the training is in fp32");
  if (task.accumulator == AccumulatorType::fp32) refuse("the accumulator is fp32");
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer) || layer.precision == LayerPrecision::fp16) continue;
    const std::string name = "layer " + layer.name;
    if (layer.precision != LayerPrecision::int4_fp4) {
      refuse(name + " is " + std::string(layer_precision_name(layer.precision)));
    }
    if (recipe.blocks) refuse(name + " multiplies " + std::string(recipe.blocks->name));
    if (recipe.dgrad.both_phases || recipe.wgrad.both_phases) {
      refuse(name + " multiplies both phases in one pass");
    }
    if (recipe.dgrad.grid != GradientGrid::radix4_even ||
        recipe.wgrad.grid != GradientGrid::radix4_odd) {
      refuse(name + " has gradients in " + gradient_levels(recipe.dgrad.grid).name + " and " +
             gradient_levels(recipe.wgrad.grid).name);
    }
    if (recipe.scaling == RecipeScaling::tensor_max) {
      refuse(name + "'s gradients are scaled by their largest magnitude");
    }
  }
}

ReplayCount replay_all(const Trace& trace) {
  ReplayCount count;
  for (const TraceOperation& operation : trace.operations) {
    count.results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
    count.mismatches += count_mismatches(trace, operation, slow_gemm);
  }
  return count;
}

}  // namespace nibble
