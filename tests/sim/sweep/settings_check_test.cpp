// What is wrong with all points of a sweep is told before any runs; what is wrong with some is not.
#include "sim/sweep/settings_check.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

Axis axis(const std::string& key, const std::vector<std::string>& values) {
  Axis axis{{key}, {}, {"made_up.yaml", 7, 1}};
  for (const std::string& value : values) axis.values.push_back({value});
  return axis;
}

/// With two good axes, whose settings are on line 3.
Sweep sweep_with(const std::vector<Setting>& set) {
  Sweep sweep;
  sweep.file = "made_up.yaml";
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/experiments/any_network.yaml";
  sweep.set = set;
  for (const Setting& setting : set) sweep.set_places[setting.first] = {"made_up.yaml", 3, 1};
  sweep.axes = {axis("chip.tile.lanes", {"16", "64"}), axis("batch", {"1", "2"})};
  return sweep;
}

std::string fault_of(const Sweep& sweep) {
  try {
    check_settings(sweep);
    return "";
  } catch (const BadInput& fault) {
    return fault.what();
  }
}

bool begins(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

}  // namespace

TEST_CASE("A setting of all points that no reader takes is told at its line") {
  CHECK(fault_of(sweep_with({{"network", "resnet8_w8"}})).empty());
  CHECK(begins(fault_of(sweep_with({{"network", "resnet99"}})),
               "made_up.yaml:3:1: set.network: unknown network resnet99 (did you mean resnet18?), "
               "allowed are "));
  CHECK(begins(fault_of(sweep_with({{"chip.clock_mhz", "fast"}})),
               "made_up.yaml:3:1: set.chip.clock_mhz: "));
  CHECK(begins(fault_of(sweep_with({{"batchh", "1"}})),
               "made_up.yaml:3:1: set.batchh: unknown key (did you mean batch?)"));
}

TEST_CASE("A value that only some points have is the fault of these") {
  Sweep sweep = sweep_with({{"network", "resnet8_w8"}});
  sweep.axes[1] = axis("batch", {"0", "1"});
  CHECK(fault_of(sweep).empty());
  sweep.axes[1] = axis("batch", {"1", "0"});
  CHECK(fault_of(sweep).empty());
  sweep.axes[1] = axis("batch", {"0"});
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.batch: 0 is out of range, "));
  sweep.axes[1] = axis("batch", {"0", "0", "0"});
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.batch: 0 is out of range, "));
}

TEST_CASE("A setting that is good beside one value of an axis is no fault of the sweep") {
  Sweep sweep = sweep_with({{"chip.ideal.array", "true"}});
  sweep.axes[1] = axis("engine", {"model", "timing"});  // which alone has such arrays
  CHECK(fault_of(sweep).empty());
  sweep.axes[1] = axis("engine", {"model"});
  CHECK(fault_of(sweep).find("made_up.yaml:3:1: set.chip.ideal.array: ") == std::string::npos);
  CHECK_FALSE(fault_of(sweep).empty());
  sweep.axes[1] = axis("network", {"resnet8_w8", "resnet50"});
  sweep.set = {{"network.layers.100.name", "renamed"}};  // of one of them
  CHECK(fault_of(sweep).empty());
  sweep.axes[1] = axis("batch", {"1", "2"});
  sweep.set = {{"network.layers.100.name", "renamed"}, {"network", "resnet50"}};
  CHECK(fault_of(sweep).empty());
}

TEST_CASE("Of a long axis some values are tried, towards its end too") {
  Sweep sweep = sweep_with({{"network", "resnet8_w8"}});
  std::vector<std::string> batches(500, "0");
  sweep.axes[1] = axis("batch", batches);
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.batch: "));
  for (std::size_t i = 480; i < batches.size(); ++i) batches[i] = "1";
  sweep.axes[1] = axis("batch", batches);
  CHECK(fault_of(sweep).empty());
}

TEST_CASE("What is wrong with the experiment itself is told at its own line") {
  Sweep sweep = sweep_with({});
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/chips/edge.yaml";
  CHECK(fault_of(sweep).find("edge.yaml:") != std::string::npos);
  CHECK(fault_of(sweep).find("experiment: is missing, this is no experiment") != std::string::npos);
}

}  // namespace nibble
