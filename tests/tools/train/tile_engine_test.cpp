// `--engine rtl` and what it refuses before anything is trained.
#include "tools/train/tile_engine.h"

#include <filesystem>
#include <regex>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "tools/train/task_reader.h"

namespace nibble {
namespace {

namespace fs = std::filesystem;

const fs::path kRecipes = fs::path(NIBBLE_SOURCE_DIR) / "configs" / "recipes";

TEST_CASE("A recipe runs on the tiles if they multiply its numbers, or the layer is told") {
  const std::string task = (kRecipes / "../tasks/fashion_mnist_resnet8.yaml").string();
  const auto fault = [&](const std::string& recipe, const std::string& change) {
    std::vector<YamlOverride> changes;
    if (!change.empty()) changes.push_back(parse_override(change));
    const TaskFile file = read_task(task, changes, recipe);
    try {
      (void)make_training_tiles(file.network, file.task);
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  // As the README says it.
  const std::regex others("fp32|fp8|luq|e2m1|radix2|bit|mxfp4|nvfp4");
  int on_tiles = 0;
  for (const auto& entry : fs::directory_iterator(kRecipes)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().stem().string();
    const std::string said = fault(name, "");
    INFO(name << ": " << said);
    // Its rules change no layer of this network.
    const bool none = std::regex_search(name, others) && name != "pointwise_fp8";
    CHECK(said.empty() != none);
    on_tiles += said.empty() ? 1 : 0;
  }
  CHECK(on_tiles > 10);
  CHECK(fault("e2m1", "") ==
        "--engine rtl: by recipe e2m1 layer s1.conv1 has gradients in e2m1, allowed are INT4, "
        "radix-4 FP4 and fp16, which the tiles multiply, or --engine model");
  CHECK_THAT(fault("fp8", ""), Catch::Contains("layer s1.conv1 is fp8,"));
  CHECK_THAT(fault("dw_fp8_finish", ""),
             Catch::Contains("by recipe dw_fp8 layer s1.conv1 is int4_fp4_dw_fp8,"));
  CHECK_THAT(fault("mxfp4", ""), Catch::Contains("layer s1.conv1 multiplies mxfp4,"));
  CHECK_THAT(fault("int4_fp4", "accumulator=fp32"), Catch::Contains("accumulator is fp32, "));
  CHECK_THAT(fault("int4_fp4", "chunk_len=48"), Catch::Contains("chunk_len is 48, no Verilated"));
}

}  // namespace
}  // namespace nibble
