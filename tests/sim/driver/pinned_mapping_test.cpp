// Mappings that an experiment searches for or pins, from its file to the operations they are of.
#include <catch2/catch.hpp>

#include "sim/driver/chip_simulation.h"
#include "sim/driver/pinned_mappings.h"
#include "tests/sim/driver/config_copy.h"
#include "tests/sim/driver/experiment_reader.h"

namespace nibble {

using namespace test;

TEST_CASE("Mappings are searched and pinned as the experiment says, and by rule without it") {
  const Experiment plain = read({});
  CHECK(plain.mapping.search == 0);
  CHECK(plain.mapping.pinned.empty());
  CHECK(plain.memoise);
  const Experiment experiment =
      read({"mapping.search=12", "mapping.pin.fc wgrad.hold=streamed",
            "mapping.pin.fc wgrad.rows=128", "mapping.pin.conv1 forward.split=columns",
            "mapping.pin.conv1 forward.columns=64", "mapping.pin.conv1 forward.depth=9"});
  CHECK(experiment.mapping.search == 12);
  REQUIRE(experiment.mapping.pinned.size() == 2);
  const PinnedMapping& first = experiment.mapping.pinned[0];
  CHECK(first.name == "fc wgrad");
  CHECK(first.mapping.split == CoreSplit::rows);
  CHECK(first.mapping.held == HeldOperand::streamed);
  CHECK(first.mapping.rows == 128);
  CHECK(first.mapping.columns == 0);
  const PinnedMapping& second = experiment.mapping.pinned[1];
  CHECK(second.mapping.split == CoreSplit::columns);
  CHECK(second.mapping.held == HeldOperand::stationary);
  CHECK(second.mapping.columns == 64);
  CHECK(second.mapping.depth == 9);
  CHECK(contains(fault_of({"mapping.search=-1"}), "mapping.search: -1 is out of range"));
  CHECK(
      contains(fault_of({"mapping.serch=1"}), "mapping.serch: unknown key (did you mean search?)"));
  CHECK(contains(fault_of({"mapping.pin.fc wgrad.row=1"}), "fc wgrad.row: unknown key"));
  CHECK(contains(fault_of({"mapping.pin.fc wgrad.hold=both"}), "hold: unknown value both"));
}

TEST_CASE("A pin whose blocks do not fit is refused with its place, the buffer and the bytes") {
  ConfigCopy copy;
  const auto fault_of_pin = [&](const std::string& pin,
                                const std::string& gemm = "s1.conv1 wgrad") -> std::string {
    copy.write("experiments/pins.yaml",
               "experiment: pins\nchip: edge\nnetwork: resnet8_w16\nengine: timing\n"
               "mode: training\nbatch: 64\nmapping:\n  pin:\n    " +
                   gemm + ": {" + pin + "}\n");
    const Experiment experiment =
        read({"chip.scratchpad.kib=512"}, copy.path("experiments/pins.yaml"));
    const SimulationRequest request{experiment, experiment.chip, experiment.batch,
                                    experiment.training};
    StepOptions options;
    try {
      options.mappings = pinned_mappings(experiment, workload_for(request));
      (void)time_step(request, options);
      return "";
    } catch (const BadInput& fault) {
      return fault.what();
    }
  };
  // dW of 16 x 144 over 64 images of 32 x 32: all X and dY at once are 1 MiB, the buffer has 512
  // KiB.
  const std::string place = "pins.yaml:9:21: mapping.pin.s1.conv1 wgrad: ";
  const std::string too_deep = fault_of_pin("depth: 65536");
  INFO(too_deep);
  CHECK(contains(too_deep, place +
                               "split rows, hold stationary, blocks auto x auto x 65536 on chip "
                               "edge: the smallest tile needs "));
  CHECK(
      contains(too_deep, " bytes of stream buffer, it has 524288, allowed smaller rows, columns"));
  // Sizes that no buffer would help.
  CHECK(contains(fault_of_pin("depth: 100"),
                 place + "depth 100 cannot run: the array (64 lanes, 64 columns, 128 accumulator "
                         "rows) takes part of a reduction only in whole chunks of its lanes, "
                         "allowed is a multiple of 64, or no depth: the whole reduction"));
  // dW of 64 x 288: 64 rows of 5 blocks of columns take 320 accumulator rows.
  CHECK(
      contains(fault_of_pin("rows: 64, columns: 288, depth: 64", "s3.conv1 wgrad"),
               "blocks 64 x 288 x 64 cannot run: the array (64 lanes, 64 columns, 128 accumulator "
               "rows) takes part of a reduction only of blocks whose sums its accumulators hold, "
               "allowed are rows x blocks of 64 columns up to 128, or no depth: the whole"));
  CHECK(fault_of_pin("rows: 25, columns: 288, depth: 64", "s3.conv1 wgrad").empty());
  CHECK(fault_of_pin("depth: 6400").empty());
}

TEST_CASE("A pin is told once with its GEMMs, and on one core without the split that it has not") {
  ConfigCopy copy;
  copy.write("networks/words.yaml",
             "network: words\ninput: {height: 7, width: 1, channels: 1}\nclasses: 50\n"
             "precision: {default: int4_fp4, last: fp16}\nlayers:\n"
             "  - {name: embedding, type: embedding, rows: 50, features: 64}\n"
             "  - {name: lstm1.in, type: pact_signed}\n"
             "  - {name: lstm1, type: lstm, hidden: 64}\n"
             "  - {name: output.in, type: pact_signed}\n"
             "  - {name: output, type: linear, filters: 50, bias: true, flatten: false}\n");
  copy.write("experiments/pins.yaml",
             "experiment: pins\nchip: edge\nnetwork: words\nengine: timing\nmode: training\n"
             "batch: 4\nmapping:\n  pin:\n    output forward: {rows: 8}\n"
             "    lstm1 forward: {split: columns, hold: streamed}\n");
  for (const int cores : {1, 2}) {
    CAPTURE(cores);
    const Experiment experiment = read({"chip.cores=" + std::to_string(cores),
                                        "chip.ring.bytes_per_cycle=128", "chip.ring.hop_cycles=1"},
                                       copy.path("experiments/pins.yaml"));
    const SimulationRequest request{experiment, experiment.chip, experiment.batch,
                                    experiment.training};
    StepOptions options;
    options.mappings = pinned_mappings(experiment, workload_for(request));
    const TimedStep step = time_step(request, options);
    const Json& mapping = step.report.at("mapping");
    const std::string split = cores == 1 ? "rows" : "columns";
    const Json lstm = {
        {"name", "lstm1"},
        {"pass", "forward"},
        {"gemms", 7},
        {"mapping", "split " + split + ", hold streamed, blocks auto x auto x auto"}};
    const Json output = {{"name", "output"},
                         {"pass", "forward"},
                         {"gemms", 1},
                         {"mapping", "split rows, hold stationary, blocks 8 x auto x auto"}};
    CHECK(mapping.at("pins") == Json::array({lstm, output}));
    CHECK(mapping.at("pinned") == 8);
  }
}

TEST_CASE("A pinned mapping reaches the operation it names, or is refused with its line") {
  ConfigCopy copy;
  /// "layer pass rows;" of all pins, or the fault.
  const auto pins = [&](const std::string& block, int cores) -> std::string {
    copy.write("experiments/pins.yaml",
               "experiment: pins\nchip: edge\nnetwork: resnet8_w16\nengine: timing\n"
               "mode: training\nbatch: 8\nmapping:\n  pin:\n" +
                   block);
    const Experiment experiment = read({"chip.cores=" + std::to_string(cores),
                                        "chip.ring.bytes_per_cycle=128", "chip.ring.hop_cycles=1"},
                                       copy.path("experiments/pins.yaml"));
    const SimulationRequest request{experiment, experiment.chip, experiment.batch,
                                    experiment.training};
    const Workload workload = workload_for(request);
    std::string names;
    try {
      for (const auto& [operation, mapping] : pinned_mappings(experiment, workload)) {
        const Operation& at = workload.operations[operation];
        REQUIRE(std::holds_alternative<GemmWork>(at.work));
        const WorkloadStage& stage = workload.stages[static_cast<std::size_t>(at.stage)];
        names += stage.layer + " " + pass_name(stage.pass) + " " + std::to_string(mapping.rows);
        names += ";";
      }
    } catch (const BadInput& error) {
      return error.what();
    }
    return names;
  };
  CHECK(pins("    {}\n", 2).empty());
  CHECK(pins("    s1.conv1 wgrad: {rows: 5, split: rows}\n    conv1 forward: {rows: 7}\n", 2) ==
        "conv1 forward 7;s1.conv1 wgrad 5;");
  CHECK(
      contains(pins("    s1.conv1 forwrad: {rows: 5}\n", 1),
               "pins.yaml:9:23: mapping.pin.s1.conv1 forwrad: unknown GEMM (did you mean s1.conv1 "
               "forward?), allowed are a layer that multiplies and forward, dgrad or wgrad"));
  // The first layer needs no gradient of its input, an update multiplies nothing.
  CHECK(contains(pins("    conv1 dgrad: {rows: 5}\n", 1), "conv1 dgrad: unknown GEMM"));
  CHECK(contains(pins("    fc update: {rows: 5}\n", 1), "fc update: unknown GEMM"));
  // A forward GEMM has no reduction to share out, a wgrad no columns; on one core nothing is split.
  const std::string depth = "    fc forward: {rows: 5}\n    fc dgrad: {split: depth}\n";
  CHECK(contains(pins(depth, 2),
                 "pins.yaml:10:15: mapping.pin.fc dgrad: cannot be split by depth, "
                 "allowed are rows, columns"));
  CHECK(pins(depth, 1) == "fc forward 5;fc dgrad 0;");
  CHECK(contains(pins("    fc wgrad: {split: columns}\n", 3),
                 "fc wgrad: cannot be split by columns, allowed are depth, rows"));
}

}  // namespace nibble
