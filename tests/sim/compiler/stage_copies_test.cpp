// Recurrent weights come back to the scratchpads once for the stage that reads them in each step.
#include <catch2/catch.hpp>

#include "sim/compiler/placement.h"
#include "sim/compiler/tensor_uses.h"
#include "tests/sim/compiler/program_checker.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

constexpr int kSteps = 6;

Layer make_lstm(const std::string& name, int input, LayerPrecision precision) {
  Layer lstm = make_layer(name, LayerKind::lstm, {input});
  lstm.filters = 12;
  lstm.bidirectional = true;
  lstm.precision = precision;
  return lstm;
}

Workload recurrent(LayerPrecision precision, bool training) {
  Network network;
  network.name = "recurrent";
  network.input = {kSteps, 1, 10};
  network.classes = 5;
  network.layers = {
      make_layer("act", LayerKind::pact_signed, {-1}), make_lstm("below", 0, precision),
      make_layer("act2", LayerKind::pact_signed, {1}), make_lstm("above", 2, precision),
      make_layer("act3", LayerKind::pact_signed, {3}), make_linear("head", 4, 5, precision)};
  infer_shapes(network);
  WorkloadOptions options;
  options.batch = 2;
  options.training = training;
  return build_workload(network, options);
}

/// Bytes that a stage loads of a tensor of so many `bytes`.
Bytes loaded_in(const Program& program, int stage, const Placement& place, Bytes bytes) {
  Bytes loaded = 0;
  for (const Command& command : program.commands) {
    if (command.unit != Unit::dma_load || static_cast<int>(command.stage) != stage) continue;
    const auto& transfer = std::get<DmaTransfer>(command.body);
    const auto begin = place.dram_address;
    if (transfer.dram_address >= begin &&
        transfer.dram_address < begin + static_cast<std::uint64_t>(bytes)) {
      loaded += transfer.bytes;
    }
  }
  return loaded;
}

}  // namespace

TEST_CASE("Readers of a stage in which the tensor is written do not count, those of others do") {
  Workload workload;
  workload.tensors.resize(2);
  const auto add = [&](int stage, int times, bool writes) {
    for (int i = 0; i < times; ++i) {
      SfuWork run;
      run.inputs.push_back({0});
      if (writes && i == times - 1) run.outputs.push_back({0});
      Operation operation;
      operation.stage = stage;
      operation.work = run;
      workload.operations.push_back(operation);
    }
  };
  add(1, 4, false);
  add(3, 5, false);
  add(4, 6, true);
  add(5, 2, false);
  CHECK(most_readers(workload)[0].stage == 3);
  CHECK(most_readers(workload)[0].operations == 5);
  CHECK(most_readers(workload)[1].operations == 0);
}

TEST_CASE("A stage loads the weights of its time steps once, and every step finds them") {
  const int cores = GENERATE(1, 3);
  const auto precision = GENERATE(LayerPrecision::int4_fp4, LayerPrecision::fp16);
  const bool training = GENERATE(true, false);
  const Workload workload = recurrent(precision, training);
  const Sharing sharing(workload, cores);
  int copied = 0;
  for (Bytes resident = 1024; resident <= 32 * 1024; resident += 512) {
    CompilerTarget target = target_of(plain_chip());
    target.cores = cores;
    target.stream_buffer_bytes = 16 * 1024;
    target.scratchpad_bytes = target.stream_buffer_bytes + resident;
    INFO("cores " << cores << ", resident bytes " << resident << ", training " << training);
    const Program program = compile(workload, target);
    CHECK(fault_of(workload, target, program) == "");
    const PlacementPlan plan =
        place_tensors(workload, sharing, target.stream_buffer_bytes, target.scratchpad_bytes,
                      {target.dram_stripe_bytes, target.dram_stripes_a_row});
    for (std::size_t i = 0; i < plan.of.size(); ++i) {
      const int stage = plan.of[i].copied_in;
      if (stage < 0) continue;
      ++copied;
      INFO(workload.tensors[i].name);
      const Bytes bytes = workload.tensors[i].bytes();
      CHECK(loaded_in(program, stage, plan.of[i], bytes) == bytes);
    }
  }
  CHECK(copied > 20);
}

}  // namespace nibble
