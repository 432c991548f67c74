// The committed trace, and made-up ones of an LSTM and a Transformer, on programs for one core and
// for several, without a chip around them: commands run in program order.
#include "sim/driver/replay_executor.h"

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "sim/compiler/compiler.h"
#include "sim/driver/experiment.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/sim/support/random_trace.h"

namespace nibble {
namespace {

Experiment quickstart() {
  return read_experiment(NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml", {});
}

/// The training step with every wgrad split over the cores in one way, all else by rows.
Program program_of(const Experiment& experiment, CoreSplit wgrad_split) {
  WorkloadOptions options;
  options.batch = experiment.batch;
  options.training = experiment.training;
  options.accumulator = experiment.accumulator;
  const Workload workload = build_workload(experiment.network, options);
  const ChipConfig& chip = experiment.chip;
  CompilerTarget target;
  target.tile = chip.tile;
  target.fp16_tile = chip.fp16_tile;
  target.scratchpad_bytes = chip.scratchpad.bytes;
  target.stream_buffer_bytes = chip.scratchpad.stream_buffer_bytes;
  target.cores = chip.cores;
  MappingTable mappings;
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const auto* work = std::get_if<GemmWork>(&workload.operations[i].work);
    if (work == nullptr) continue;
    mappings[i].split = work->pass == GemmPass::wgrad ? wgrad_split : CoreSplit::rows;
  }
  return compile(workload, target, mappings);
}

ComparisonCount replayed(const Experiment& experiment, const Program& program, const Trace& trace) {
  ReplayExecutor executor(program, trace, experiment.trace_file, experiment.chip, Engine::model);
  for (const Command& command : program.commands) {
    if (const auto* tile = std::get_if<TileCommand>(&command.body)) {
      (void)executor.execute(command.core, command.unit, *tile);
    }
  }
  return executor.count();
}

ComparisonCount replayed(const Experiment& experiment, const Program& program) {
  return replayed(experiment, program, read_trace(experiment.trace_file));
}

constexpr int kSequences = 3;

/// The edge chip with a network of sequences in the place of the quickstart's.
Experiment of_sequences(Network network) {
  Experiment experiment = quickstart();
  experiment.network = std::move(network);
  experiment.batch = kSequences;
  experiment.trace_file = "made_up.safetensors";
  return experiment;
}

Trace trace_of(const Experiment& experiment, const Program& program) {
  test::Random random(29);
  return test::random_trace(random, program, experiment.chip, experiment.accumulator);
}

std::int64_t results_of(const Trace& trace) {
  std::int64_t results = 0;
  for (const TraceOperation& operation : trace.operations) {
    results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
  }
  return results;
}

TraceOperation& operation_at(Trace& trace, const std::string& layer, GemmPass pass,
                             const std::string& part) {
  const auto found = std::find_if(
      trace.operations.begin(), trace.operations.end(), [&](const TraceOperation& operation) {
        return operation.layer == layer && operation.pass == pass && operation.part == part;
      });
  REQUIRE(found != trace.operations.end());
  return *found;
}

}  // namespace

TEST_CASE("The trace has the trainer's bits on one core and on several that share every GEMM") {
  Experiment experiment = quickstart();
  std::int64_t compared = 0;
  for (const int cores : {1, 2, 3}) {
    INFO(cores << " cores");
    experiment.chip.cores = cores;
    const Program program = program_of(experiment, CoreSplit::rows);
    const ComparisonCount count = replayed(experiment, program);
    CHECK(count.first_mismatch == "");
    CHECK(count.mismatches == 0);
    CHECK(count.commands_run == count.commands);
    if (cores == 1) compared = count.compared;
    CHECK(count.compared == compared);
  }
  CHECK(compared > 100'000);
}

TEST_CASE(
    "A reduction that cores share out rounds otherwise: the trace is refused, not mismatched") {
  Experiment experiment = quickstart();
  experiment.chip.cores = 2;
  const Program program = program_of(experiment, CoreSplit::depth);
  CHECK_THROWS_WITH(replayed(experiment, program),
                    Catch::Contains("wgrad is added up from parts of several cores") &&
                        Catch::Contains(experiment.trace_file));
}

TEST_CASE(
    "An LSTM and a Transformer replay whole, on one core and on several, in 4 bits and fp16") {
  for (const LayerPrecision precision : {LayerPrecision::int4_fp4, LayerPrecision::fp16}) {
    for (const Network& network : {test::tiny_lstm(precision), test::tiny_transformer(precision)}) {
      Experiment experiment = of_sequences(network);
      for (const int cores : {1, 2}) {
        experiment.chip.cores = cores;
        const Program program = program_of(experiment, CoreSplit::rows);
        const Trace trace = trace_of(experiment, program);
        const ComparisonCount count = replayed(experiment, program, trace);
        INFO(network.layers.at(2).name << ", " << cores << " cores");
        CHECK(count.first_mismatch == "");
        CHECK(count.mismatches == 0);
        CHECK(count.compared == results_of(trace));
      }
    }
  }
}

TEST_CASE("An LSTM's trace has x Wx, dX and dWx once, h Wh and dh for each step but the first") {
  Experiment experiment = of_sequences(test::tiny_lstm(LayerPrecision::int4_fp4));
  const Program program = program_of(experiment, CoreSplit::rows);
  std::string parts;
  for (const ProgramGemm& gemm : program.gemms) {
    if (gemm.layer == "lstm2") parts += gemm_pass_name(gemm.lowered.pass) + (" " + gemm.part + ",");
  }
  CHECK(parts ==
        "forward input,forward hidden.1,forward hidden.2,forward hidden.3,forward hidden.4,"
        "forward hidden.5,dgrad hidden.5,dgrad hidden.4,dgrad hidden.3,dgrad hidden.2,"
        "dgrad hidden.1,dgrad input,wgrad input,wgrad hidden,");
}

TEST_CASE("An altered result is named by layer, pass, part and position") {
  struct Altered {
    Network network;
    const char* layer;
    GemmPass pass;
    const char* part;
    std::size_t element;
    const char* name;
  };
  const std::vector<Altered> all = {
      {test::tiny_lstm(LayerPrecision::int4_fp4), "lstm2", GemmPass::dgrad, "hidden.3", 2 * 12 + 7,
       "lstm2 dgrad hidden.3: element 31 [2,0,0,7], got "},
      {test::tiny_lstm(LayerPrecision::int4_fp4), "lstm1", GemmPass::wgrad, "hidden", 12 + 3,
       "lstm1 wgrad hidden: element 15 [1,0,0,3], got "},
      {test::tiny_transformer(LayerPrecision::int4_fp4), "scores", GemmPass::forward, "", 40,
       "scores forward: element 40 [1,0,0,4], got "},
      {test::tiny_transformer(LayerPrecision::int4_fp4), "context", GemmPass::wgrad, "", 100,
       "context wgrad: element 100 [16,0,0,4], got "}};
  for (const Altered& at : all) {
    Experiment experiment = of_sequences(at.network);
    const Program program = program_of(experiment, CoreSplit::rows);
    Trace trace = trace_of(experiment, program);
    const TraceOperation& operation = operation_at(trace, at.layer, at.pass, at.part);
    Fp16Code& code = trace.values.at(operation.result).at(at.element);
    code = static_cast<Fp16Code>(code ^ 1);
    const ComparisonCount count = replayed(experiment, program, trace);
    CHECK(count.mismatches == 1);
    INFO(count.first_mismatch);
    CHECK(count.first_mismatch.find(at.name) == 0);
  }
}

TEST_CASE("A trace that lacks an operation, or has one more, is refused with its name") {
  Experiment experiment = of_sequences(test::tiny_lstm(LayerPrecision::int4_fp4));
  const Program program = program_of(experiment, CoreSplit::rows);
  const Trace whole = trace_of(experiment, program);
  Trace trace = whole;
  operation_at(trace, "lstm1", GemmPass::dgrad, "hidden.2").part = "hidden.9";
  CHECK_THROWS_WITH(
      replayed(experiment, program, trace),
      "made_up.safetensors: has no operation lstm1 dgrad hidden.2, allowed is a trace "
      "of this network");
  trace = whole;
  trace.operations.push_back(trace.operations.back());
  trace.operations.back().part = "hidden.9";
  CHECK_THROWS_WITH(replayed(experiment, program, trace),
                    Catch::Contains("hidden.9 is no operation of the network"));
  trace = whole;
  operation_at(trace, "lstm1", GemmPass::dgrad, "hidden.2").conv.n = 4;
  CHECK_THROWS_WITH(replayed(experiment, program, trace),
                    Catch::Contains("lstm1 dgrad hidden.2 has another shape than the network"));
}

TEST_CASE("The forward pass of a captured step drives an inference, the others are not asked for") {
  Experiment experiment = of_sequences(test::tiny_lstm(LayerPrecision::int4_fp4));
  const Trace step = trace_of(experiment, program_of(experiment, CoreSplit::rows));
  experiment.training = false;
  const ComparisonCount count = replayed(experiment, program_of(experiment, CoreSplit::rows), step);
  CHECK(count.mismatches == 0);
  CHECK(count.compared > 0);
  CHECK(count.compared < results_of(step));
}

}  // namespace nibble
