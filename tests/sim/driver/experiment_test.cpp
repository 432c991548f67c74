// Experiments and their overrides.
#include "sim/driver/experiment.h"

#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/sim/driver/config_copy.h"
#include "tests/sim/driver/experiment_reader.h"

namespace nibble {

using namespace test;

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
  ConfigCopy copy;
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

TEST_CASE("An experiment that lies elsewhere finds the configs where the program is run") {
  ConfigCopy copy;
  const std::filesystem::path here = std::filesystem::current_path();
  const std::string elsewhere = copy.path("") + "../mine/runs/own.yaml";
  std::filesystem::create_directories(std::filesystem::path(elsewhere).parent_path());
  std::filesystem::copy(kQuickstart, elsewhere);
  std::filesystem::current_path(copy.path(".."));
  CHECK(read({}, elsewhere).trace_file == "configs/traces/resnet8_w16_step.safetensors");
  CHECK(read({}, "mine/runs/own.yaml").chip.name == "edge");
  std::filesystem::current_path(copy.path("traces"));
  const std::string fault = fault_of({}, elsewhere);
  INFO(fault);
  CHECK(contains(fault, "runs/own.yaml: the files it names are not found: there is neither "));
  CHECK(contains(fault,
                 "/mine/chips nor configs/chips, allowed is a file in a folder "
                 "beside chips/, or in chips/ itself, or a run where configs/ is"));
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
  CHECK(contains(fault_of({"chip.energy=none"}),
                 "--set chip.energy=none: energy: unknown energy none, allowed is horowitz_45nm"));
  CHECK(contains(fault_of({"chip.energy.pj=1"}), "energy: is a value, without a key pj below it"));
  CHECK(contains(fault_of({"chip.dram.preset=ddr4"}),
                 "--set chip.dram.preset=ddr4: dram.preset: unknown preset ddr4, allowed are "
                 "ddr4_3200, hbm2_2000, "));
  CHECK(contains(fault_of({"trace=resnet8_w16_stp"}),
                 "trace: unknown trace resnet8_w16_stp (did you mean resnet8_w16_step?)"));
  CHECK(contains(fault_of({"engine=timing", "trace=none"}), "trace: unknown trace none"));
  CHECK(contains(fault_of({"engine=timing", "inference.weights=none"}),
                 "inference.weights: unknown weights none"));
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
  ConfigCopy copy;
  CHECK(read({}).notes.empty());
  copy.write("experiments/mine.yaml",
             ConfigCopy::text_of(copy.path("experiments/quickstart.yaml")));
  copy.write("chips/phone.yaml", ConfigCopy::text_of(copy.path("chips/edge.yaml")));
  const Experiment experiment = read({"chip=phone"}, copy.path("experiments/mine.yaml"));
  REQUIRE(experiment.notes.size() == 2);
  CHECK(
      contains(experiment.notes[0], "experiments/mine.yaml: experiment: is quickstart, which is"));
  CHECK(contains(experiment.notes[1], "chips/phone.yaml: chip: is edge, which is what"));
  // Who names one by hand is not told so.
  CHECK(read({"chip=phone", "chip.chip=x", "experiment=y"}, copy.path("experiments/mine.yaml"))
            .notes.empty());
}

TEST_CASE("An experiment without a trace is good for every engine") {
  ConfigCopy copy;
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
  ConfigCopy copy;
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

TEST_CASE(
    "A chip's file of before netlists had areas is refused at the key that says what is new") {
  const ConfigCopy copy;
  std::string chip = ConfigCopy::text_of(copy.path("chips/edge.yaml"));
  const std::string now = "silicon:";
  const std::size_t at = chip.find("\n" + now);
  REQUIRE(at != std::string::npos);
  const auto line = 2 + std::count(chip.begin(), chip.begin() + static_cast<long>(at), '\n');
  copy.write("chips/edge.yaml",
             chip.substr(0, at) + "\nfp16_area_ratio: 7.3\nenergy: horowitz_45nm\n");
  CHECK(contains(
      fault_of({}, copy.path("experiments/quickstart.yaml")),
      "chips/edge.yaml:" + std::to_string(line) +
          ":18: fp16_area_ratio: unknown key (silicon.area_ratio now), allowed is silicon:"));
}

TEST_CASE("Every kind of twin and precision has its word") {
  CHECK(read({"twin=equal_area"}).twin == TwinKind::equal_area);
  CHECK(read({"twin=equal_lanes"}).twin == TwinKind::equal_lanes);
  CHECK(read({"twin=equal_density"}).twin == TwinKind::equal_density);
  CHECK(read({"twin=equal_power"}).twin == TwinKind::equal_power);
  CHECK(read({"twin=none"}).twin == std::nullopt);
  CHECK(read({}).waterfall);
  CHECK_FALSE(read({"waterfall=false"}).waterfall);
  CHECK(read({}).twin_precision == ChipPrecision::fp16);
  CHECK(read({"twin_precision=fp8"}).twin_precision == ChipPrecision::fp8);
  for (const char* word : {"equal_area", "equal_lanes", "equal_density", "equal_power"}) {
    CHECK(std::string(twin_name(*read({std::string("twin=") + word}).twin)) == word);
  }
  CHECK(contains(fault_of({"twin=equal_cost"}),
                 "twin: unknown value equal_cost, allowed are equal_area, equal_lanes, "
                 "equal_density, equal_power, none"));
  CHECK(contains(fault_of({"twin_precision=fp32"}), "twin_precision: unknown value fp32"));
  CHECK(contains(fault_of({"memoise=1"}), "memoise: 1 is neither true nor false"));
}

}  // namespace nibble
