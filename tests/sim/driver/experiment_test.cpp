// Experiments and their overrides.
#include "sim/driver/experiment.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "sim/driver/chip_simulation.h"
#include "tests/sim/driver/config_copy.h"

namespace nibble {
namespace {

constexpr const char* kQuickstart = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";

Experiment read(const std::vector<std::string>& sets, const std::string& file = kQuickstart) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_experiment(file, overrides);
}

std::string fault_of(const std::vector<std::string>& sets, const std::string& file = kQuickstart) {
  try {
    (void)read(sets, file);
    return "";
  } catch (const BadInput& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The quickstart names its chip, network, trace and table") {
  const Experiment experiment = read({});
  CHECK(experiment.name == "quickstart");
  CHECK(experiment.engine == Engine::rtl);
  CHECK(experiment.training);
  CHECK(experiment.batch == 8);
  CHECK(experiment.accumulator == AccumulatorType::fp16x2);
  CHECK(experiment.twin == TwinKind::equal_area);
  CHECK(experiment.chip.name == "edge");
  CHECK(experiment.network.name == "resnet8_w16");
  CHECK(experiment.energy.name == "horowitz_45nm");
  CHECK(experiment.trace_file == NIBBLE_SOURCE_DIR "/configs/traces/resnet8_w16_step.safetensors");
  REQUIRE(experiment.inference.has_value());
  CHECK(experiment.inference->images > 0);
}

TEST_CASE("An override reaches the file that its path begins with") {
  const Experiment experiment =
      read({"batch=4", "chip.tile.count=2", "chip.dram.channels=1", "network.classes=10",
            "chip.dram.preset=ddr4_3200", "engine=timing", "twin=equal_lanes", "accumulator=fp16",
            "network.precision.shortcut=int4_fp4", "seed=77"});
  CHECK(experiment.batch == 4);
  CHECK(experiment.chip.tile.tiles == 2);
  CHECK(experiment.chip.dram.channels == 1);
  CHECK(experiment.chip.dram.name == "ddr4_3200");
  CHECK(experiment.engine == Engine::timing);
  CHECK(experiment.twin == TwinKind::equal_lanes);
  CHECK(experiment.accumulator == AccumulatorType::fp16);
  CHECK(experiment.seed == 77);
  for (const Layer& layer : experiment.network.layers) {
    if (layer.shortcut) CHECK(layer.precision == LayerPrecision::int4_fp4);
  }
}

TEST_CASE("The last of several overrides of one key counts") {
  CHECK(read({"batch=4", "batch=2"}).batch == 2);
}

TEST_CASE("An experiment is found through any way to write its path") {
  test::ConfigCopy copy;
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(copy.path(""));
  CHECK(read({}, "experiments/quickstart.yaml").chip.name == "edge");
  CHECK(read({}, "./experiments/quickstart.yaml").chip.name == "edge");
  CHECK(read({}, "../configs/experiments/quickstart.yaml").chip.name == "edge");
  std::filesystem::current_path(copy.path("experiments"));
  CHECK(read({}, "quickstart.yaml").chip.name == "edge");
  CHECK(read({}, "./quickstart.yaml").chip.name == "edge");
  CHECK(read({}, "../experiments/quickstart.yaml").chip.name == "edge");
  std::filesystem::current_path(copy.path("traces"));
  CHECK(read({}, "../experiments/quickstart.yaml").chip.name == "edge");
  std::filesystem::current_path(here);
}

TEST_CASE("Experiments that cannot be are refused with place, key and what is allowed") {
  CHECK(contains(fault_of({"batch=0"}), "--set batch=0: batch: 0 is out of range"));
  CHECK(contains(fault_of({"engine=silicon"}),
                 "--set engine=silicon: engine: unknown value silicon"));
  CHECK(contains(fault_of({"bach=4"}), "bach: unknown key (did you mean batch?)"));
  CHECK(contains(fault_of({"chip.tile.colums=4"}), "colums: unknown key (did you mean columns?)"));
  CHECK(contains(fault_of({"network.clases=4"}), "clases: unknown key (did you mean classes?)"));
  CHECK(contains(fault_of({"chip=none"}),
                 "--set chip=none: chip: unknown chip none, allowed are density, edge, "));
  CHECK(
      contains(fault_of({"network=none"}), "network: unknown network none, allowed are alexnet, "));
  CHECK(contains(fault_of({"chip.energy=none"}), "configs/energy/none.yaml: cannot be read"));
  CHECK(contains(fault_of({"chip.dram.preset=none"}), "configs/dram/none.yaml: cannot be read"));
  CHECK(contains(fault_of({}, "nowhere.yaml"), "nowhere.yaml: cannot be read"));
}

TEST_CASE("A key in the wrong place is told its right one only if it has one") {
  CHECK(contains(fault_of({"batch=4", "tile.lanes=64"}),
                 "--set tile.lanes=64: tile: unknown key (did you mean chip.tile.lanes?)"));
  CHECK(
      contains(fault_of({"layers.0.name=a"}), "unknown key (did you mean network.layers.0.name?)"));
  CHECK(contains(fault_of({"lanes=64"}), "lanes: unknown key, allowed are"));
  CHECK(contains(fault_of({"tile.lans=64"}), "tile: unknown key, allowed are"));
}

TEST_CASE("Files that call themselves by another name than their own are noted") {
  test::ConfigCopy copy;
  CHECK(read({}).notes.empty());
  copy.write("experiments/mine.yaml",
             test::ConfigCopy::text_of(copy.path("experiments/quickstart.yaml")));
  copy.write("chips/phone.yaml", test::ConfigCopy::text_of(copy.path("chips/edge.yaml")));
  const Experiment experiment = read({"chip=phone"}, copy.path("experiments/mine.yaml"));
  REQUIRE(experiment.notes.size() == 2);
  CHECK(
      contains(experiment.notes[0], "experiments/mine.yaml: experiment: is quickstart, which is"));
  CHECK(contains(experiment.notes[1], "chips/phone.yaml: chip: is edge, which is what"));
}

TEST_CASE("An experiment without a trace is good for every engine") {
  test::ConfigCopy copy;
  copy.write("experiments/bare.yaml",
             "experiment: bare\nchip: edge\nnetwork: resnet8_w16\nengine: rtl\nmode: training\n"
             "batch: 8\n");
  const std::string file = copy.path("experiments/bare.yaml");
  for (const char* engine : {"engine=rtl", "engine=model", "engine=timing"}) {
    CHECK(read({engine}, file).trace_file.empty());
  }
}

TEST_CASE("An experiment's precision stands in the place of the network's") {
  const Experiment before = read({});
  const Experiment after = read({"precision.default=fp8", "precision.shortcut=int4_fp4"});
  REQUIRE(after.network.layers.size() == before.network.layers.size());
  bool first_differs = false;
  for (std::size_t i = 0; i < after.network.layers.size(); ++i) {
    const Layer& layer = after.network.layers[i];
    if (!multiplies(layer)) continue;
    INFO(layer.name);
    CHECK(layer.precision == (layer.shortcut ? LayerPrecision::int4_fp4 : LayerPrecision::fp8));
    first_differs = first_differs || before.network.layers[i].precision == LayerPrecision::fp16;
  }
  CHECK(first_differs);  // the network's own rules for first and last layers are gone
}

TEST_CASE("A precision policy's fault is told with its line in the experiment") {
  test::ConfigCopy copy;
  const auto fault_with = [&](const std::string& precision) {
    copy.write("experiments/policy.yaml",
               "experiment: policy\nchip: edge\nnetwork: resnet8_w16\nengine: timing\n"
               "mode: training\nbatch: 8\nprecision:\n" +
                   precision);
    return fault_of({}, copy.path("experiments/policy.yaml"));
  };
  CHECK(fault_with("  default: fp16\n").empty());
  CHECK(contains(fault_with("  default: int4_fp4\n  depthwise: fp16\n"),
                 "policy.yaml:9:14: precision.depthwise: names no layer of this network"));
  CHECK(contains(fault_with("  default: fp16\n  layers: {s1.conv3: fp8}\n"),
                 "policy.yaml:9:22: precision.layers.s1.conv3: unknown layer that multiplies (did "
                 "you mean s1.conv1?)"));
  CHECK(contains(fault_with("  first: fp16\n"), "precision.default: is missing"));
  CHECK(contains(fault_with("  default: fp4\n"),
                 "policy.yaml:8:12: precision.default: unknown value fp4"));
}

TEST_CASE("Every kind of twin and precision has its word") {
  CHECK(read({"twin=equal_area"}).twin == TwinKind::equal_area);
  CHECK(read({"twin=equal_lanes"}).twin == TwinKind::equal_lanes);
  CHECK(read({"twin=equal_density"}).twin == TwinKind::equal_density);
  CHECK(read({"twin=none"}).twin == std::nullopt);
  CHECK(read({}).waterfall);
  CHECK_FALSE(read({"waterfall=false"}).waterfall);
  CHECK(read({}).twin_precision == ChipPrecision::fp16);
  CHECK(read({"twin_precision=fp8"}).twin_precision == ChipPrecision::fp8);
  for (const char* word : {"equal_area", "equal_lanes", "equal_density"}) {
    CHECK(std::string(twin_name(*read({std::string("twin=") + word}).twin)) == word);
  }
  CHECK(contains(fault_of({"twin=equal_cost"}),
                 "twin: unknown value equal_cost, allowed are equal_area, equal_lanes, "
                 "equal_density, none"));
  CHECK(contains(fault_of({"twin_precision=fp32"}), "twin_precision: unknown value fp32"));
  CHECK(contains(fault_of({"memoise=1"}), "memoise: 1 is neither true nor false"));
}

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
  test::ConfigCopy copy;
  const auto fault_of_pin = [&](const std::string& pin) -> std::string {
    copy.write("experiments/pins.yaml",
               "experiment: pins\nchip: edge\nnetwork: resnet8_w16\nengine: timing\n"
               "mode: training\nbatch: 64\nmapping:\n  pin:\n    s1.conv1 wgrad: {" +
                   pin + "}\n");
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
  CHECK(contains(fault_of_pin("depth: 100"), place));
  CHECK(contains(fault_of_pin("depth: 100"), "its depth is a multiple of 64, allowed"));
  CHECK(fault_of_pin("depth: 6400").empty());
}

TEST_CASE("A pinned mapping reaches the operation it names, or is refused with its line") {
  test::ConfigCopy copy;
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
