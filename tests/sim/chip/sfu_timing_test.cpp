#include "sim/chip/sfu_timing.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

SfuConfig sfu_config() {
  SfuConfig config;
  config.lanes = 16;
  config.port_bytes_per_cycle = 10;
  config.latency = 5;
  for (std::size_t i = 0; i < config.step_cycles.size(); ++i) {
    config.step_cycles[i] = static_cast<int>(i) + 1;
  }
  return config;
}

}  // namespace

TEST_CASE("An SFU command takes its vectors of lanes times the cycles of its steps") {
  const SfuConfig config = sfu_config();
  // scale 1, bn_normalise 3, relu 5: nine cycles a vector.
  const std::vector<SfuStep> steps = {SfuStep::scale, SfuStep::bn_normalise, SfuStep::relu};
  CHECK(sfu_cycles({steps, 1, 0}, config) == 5 + 9);
  CHECK(sfu_cycles({steps, 16, 0}, config) == 5 + 9);
  CHECK(sfu_cycles({steps, 17, 0}, config) == 5 + 18);
  CHECK(sfu_cycles({steps, 1600, 0}, config) == 5 + 900);
  CHECK(sfu_cycles({{SfuStep::sgd_update}, 16, 0}, config) == 5 + 18);
  CHECK(sfu_cycles({{SfuStep::relu, SfuStep::relu}, 16, 0}, config) == 5 + 10);
}

TEST_CASE("An SFU command takes the time of its bytes if that is longer") {
  const SfuConfig config = sfu_config();
  CHECK(sfu_cycles({{SfuStep::relu}, 16, 50}, config) == 5 + 5);
  CHECK(sfu_cycles({{SfuStep::relu}, 16, 51}, config) == 5 + 6);
  CHECK(sfu_cycles({{SfuStep::relu}, 16, 1000}, config) == 5 + 100);
}

}  // namespace nibble
