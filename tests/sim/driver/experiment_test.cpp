// Experiments and their overrides.
#include "sim/driver/experiment.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
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
  CHECK(contains(fault_of({"chip=none"}), "configs/chips/none.yaml: cannot be read"));
  CHECK(contains(fault_of({"network=none"}), "configs/networks/none.yaml: cannot be read"));
  CHECK(contains(fault_of({"chip.energy=none"}), "configs/energy/none.yaml: cannot be read"));
  CHECK(contains(fault_of({"chip.dram.preset=none"}), "configs/dram/none.yaml: cannot be read"));
  CHECK(contains(fault_of({}, "nowhere.yaml"), "nowhere.yaml: cannot be read"));
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

}  // namespace nibble
