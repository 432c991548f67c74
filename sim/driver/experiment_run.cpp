#include "sim/driver/experiment_run.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

#include "sim/base/bad_input.h"
#include "sim/base/stopwatch.h"
#include "sim/driver/experiment_report.h"
#include "sim/driver/pinned_mappings.h"
#include "sim/driver/timed_chips.h"
#include "sim/driver/trace_operands.h"
#include "sim/report/energy_gains.h"

namespace nibble {
namespace {

Trace load_trace(const Experiment& experiment) {
  Trace trace = read_trace(experiment.trace_file);
  if (trace.network != experiment.network.name) {
    throw bad_file(experiment.trace_file, "is of network " + trace.network,
                   "allowed a trace of " + experiment.network.name);
  }
  if (trace.batch != experiment.batch) {
    throw BadInput({experiment.file, 0, 0}, "batch",
                   fmt::format("{} images, the trace holds {}", experiment.batch, trace.batch),
                   fmt::format("allowed is {}", trace.batch));
  }
  check_arithmetic(experiment, experiment.trace_file,
                   {trace.chunk_len, trace.fp16_chunk_len, trace.accumulator});
  return trace;
}

/// MACs take what they take with the trace's operands, also where engine timing computes nothing
/// and the trace need not fit, as long as it is of the network.
void take_operands(Experiment& experiment, const std::optional<Trace>& loaded) {
  WorkloadOperands& operands = experiment.chip.silicon.operands;
  if (experiment.trace_file.empty()) return;
  std::optional<Trace> own;
  if (!loaded) own = read_trace(experiment.trace_file);
  const Trace& trace = loaded ? *loaded : *own;
  if (trace.network == experiment.network.name) operands = trace_operands(trace, operands);
}

/// Engines rtl and model know some arrays only; better said now than in the middle of a run.
void check_arrays(const Experiment& experiment) {
  if (experiment.chip.ideal_array && experiment.engine != Engine::timing) {
    throw BadInput({experiment.file, 0, 0}, "chip.ideal.array",
                   "no array runs at its peak rate all the time", "allowed with engine timing");
  }
  const auto check = [&](const char* key, const TileGeometry& geometry) {
    try {
      (void)make_tile_backend(experiment.engine, geometry);
    } catch (const std::invalid_argument& fault) {
      throw BadInput({experiment.file, 0, 0}, key, fault.what(),
                     "allowed are these, or engine model or timing");
    }
  };
  check("chip.tile", experiment.chip.tile);
  if (experiment.chip.fp16_tile) check("chip.fp16_tile", *experiment.chip.fp16_tile);
}

SyntheticOptions synthetic_options(const Experiment& experiment, const ValueChecks& checks) {
  SyntheticOptions synthetic;
  synthetic.engine = experiment.engine;
  synthetic.seed = static_cast<std::uint64_t>(experiment.seed);
  synthetic.check = checks.every || checks.share;
  synthetic.share = checks.share.value_or(1);
  return synthetic;
}

std::int64_t peak_rss_bytes() {
  rusage self{};
  rusage children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  return std::max(self.ru_maxrss, children.ru_maxrss) * 1024L;
}

void add_baseline(Json& result, const Experiment& experiment, const Json& twin) {
  const bool fp8 = experiment.twin_precision == ChipPrecision::fp8;
  Json baseline = {{"kind", twin_name(*experiment.twin)}, {"precision", fp8 ? "fp8" : "fp16"}};
  for (const char* key :
       {"chip", "cores", "array", "cycles", "cycles_at_peak", "time_s", "utilization",
        "sustained_tops", "peak_tops", "stalls", "dram", "footprint", "energy_j", "energy_range_j",
        "array_power_w", "mac_energy", "area_mm2"}) {
    baseline[key] = twin.at(key);
  }
  result["baseline_fp16"] = baseline;
  const auto ratio = [](const Json& a, const Json& b) { return a.get<double>() / b.get<double>(); };
  result["speedup_vs_fp16"] = ratio(twin.at("time_s"), result.at("time_s"));
  add_energy_gains(result, twin);
  result["peak_ratio_vs_fp16"] = ratio(result.at("peak_tops"), twin.at("peak_tops"));
}

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// How fast the chip classifies images.
Json inference_speed(const Experiment& experiment, StageMemo* memo) {
  const SimulationRequest request{experiment, experiment.chip, kInferenceBatch, false, memo};
  StepOptions options;
  options.search = experiment.mapping.search;
  const Json timed = time_step(request, options).report;
  return {{"batch", kInferenceBatch},
          {"cycles", timed.at("cycles")},
          {"images_per_s", timed.at("steps_per_s").get<double>() * kInferenceBatch},
          {"energy_j_per_image", timed.at("energy_j").at("total").get<double>() / kInferenceBatch},
          {"utilization", timed.at("utilization")}};
}

void add_accuracy(Json& result, const InferenceResult& inference) {
  result["rtl"]["inference_compared"] = inference.compared;
  result["rtl"]["inference_mismatches"] = inference.mismatches;
  result["accuracy"] = {{"task", inference.task},
                        {"metric", inference.metric},
                        {"recipe", inference.recipe.empty() ? Json() : Json(inference.recipe)},
                        {"fp32", optional_number(inference.trained_fp32)},
                        {"nibble4", optional_number(inference.trained_nibble4)},
                        {"chip", inference.percent()},
                        {"correct", inference.correct},
                        {"predictions", inference.predictions},
                        {"images", inference.samples}};
}

void add_comparison(Json& result, const ComparisonCount& count, bool has_trace) {
  result["rtl"] = {{"operands", has_trace ? "trace" : "synthetic"},
                   {"commands", count.commands},
                   {"commands_run", count.commands_run},
                   {"compared", count.compared},
                   {"mismatches", count.mismatches},
                   {"first_mismatch", count.first_mismatch}};
  if (count.array_compute_s > 0) {
    result["host"]["array_gmac_per_s"] =
        static_cast<double>(count.macs_issued) / count.array_compute_s / 1e9;
  }
}

}  // namespace

Experiment read_runnable(const std::string& file, const std::vector<YamlOverride>& overrides) {
  Experiment experiment = read_experiment(file, overrides);
  check_arrays(experiment);
  return experiment;
}

ExperimentInputs load_inputs(Experiment& experiment) {
  const bool values = experiment.engine != Engine::timing;
  ExperimentInputs inputs;
  if (values && !experiment.trace_file.empty()) inputs.trace = load_trace(experiment);
  take_operands(experiment, inputs.trace);
  if (values && experiment.inference) inputs.inference = load_inference(experiment);
  return inputs;
}

Json run_result(const Experiment& experiment, const ExperimentInputs& inputs,
                const RunSettings& settings) {
  const auto& [trace, inference] = inputs;
  const Stopwatch whole;
  const SimulationRequest request{experiment, experiment.chip, experiment.batch,
                                  experiment.training, settings.memo};
  const bool values = experiment.engine != Engine::timing;
  Recordings* const recordings = settings.recordings;
  std::optional<TimelineRequest> timeline;  // of the engine timing
  if (!values && recordings != nullptr) timeline = recordings->timeline_request();
  StepOptions step;
  step.search = experiment.mapping.search;
  step.memoise = experiment.memoise;
  step.mappings = pinned_mappings(experiment, workload_for(request));
  const TimedChips timed = time_chips(request, step, timeline);
  const Json& by_timing = timed.chip.report;
  // Before the main simulation: a process that has elaborated cannot fork another simulation.
  std::optional<Json> speed;
  if (experiment.inference) speed = inference_speed(experiment, settings.memo);

  Json result = experiment_report(experiment);
  ComparisonCount count;
  const Stopwatch simulation;
  double simulation_s = timed.chip.simulation_s;
  if (values) {
    const Program program = compile_for(request, timed.chip.mappings);
    const Observers seen =
        recordings != nullptr ? recordings->observers(program, experiment.chip) : Observers{};
    result.update(trace ? simulate_replay(request, program, *trace, experiment.engine, count, seen)
                        : simulate_synthetic(request, program,
                                             synthetic_options(experiment, settings.checks), count,
                                             seen));
    simulation_s = simulation.seconds();
    if (recordings != nullptr) recordings->finish();
  } else {
    result.update(by_timing);
    if (recordings != nullptr) recordings->note_timeline(timed.chip.timeline_left_out);
  }
  for (const char* key : {"stages_simulated", "cycles_saved_by_search", "mapping"}) {
    result[key] = by_timing.at(key);
  }
  if (timed.twin) add_baseline(result, experiment, timed.twin->report);
  if (experiment.epoch) result["epoch"] = epoch_report(*experiment.epoch, result);
  if (timed.waterfall) result["loss_waterfall"] = *timed.waterfall;
  result["host"]["simulation_s"] = simulation_s;
  if (experiment.engine != Engine::timing) {
    add_comparison(result, count, trace.has_value());
    result["host"]["timing_engine_s"] = timed.chip.simulation_s;
    result["host"]["timing_engine_cycles"] = by_timing.at("cycles");
    if (inference) {
      add_accuracy(result, run_inference(experiment, *inference, experiment.engine));
    }
  }
  if (experiment.inference) result["inference"] = *speed;
  result["host"]["simulated_cycles_per_s"] = result.at("cycles").get<double>() / simulation_s;
  result["host"]["wall_s"] = whole.seconds();
  result["host"]["peak_rss_bytes"] = peak_rss_bytes();
  return result;
}

/// 1 if values or engines disagree.
int verdict(const Json& result) {
  if (!result.contains("rtl")) return 0;
  const Json& rtl = result.at("rtl");
  const bool values_differ = rtl.at("mismatches") != 0 || rtl.value("inference_mismatches", 0) != 0;
  const bool cycles_differ = result.at("host").at("timing_engine_cycles") != result.at("cycles");
  return values_differ || cycles_differ ? 1 : 0;
}

}  // namespace nibble
