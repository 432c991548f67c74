// Every network of configs/networks becomes a training step and an inference on every chip.
#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "sim/config/network_reader.h"
#include "tests/sim/workload/step_laws.h"
#include "tests/sim/workload/step_macs.h"

namespace nibble {
namespace {

std::vector<std::string> network_files() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(NIBBLE_SOURCE_DIR "/configs/networks")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE(
    "Every network file is a step that keeps all laws, in training and inference, on 3 chips") {
  const std::vector<std::string> files = network_files();
  REQUIRE(files.size() >= 13);
  for (const std::string& file : files) {
    const Network network = read_network(file);
    for (const bool training : {true, false}) {
      for (const ChipPrecision precision :
           {ChipPrecision::nibble4, ChipPrecision::fp16, ChipPrecision::fp8}) {
        INFO(file << ", " << (training ? "training" : "inference") << ", chip "
                  << static_cast<int>(precision));
        WorkloadOptions options;
        options.batch = 2;
        options.training = training;
        options.precision = precision;
        const Workload workload = build_workload(network, options);
        CHECK(test::broken_law(workload, training) == "");
        CHECK(test::macs_of(workload) == test::expected_macs(network, options));
      }
    }
  }
}

}  // namespace nibble
