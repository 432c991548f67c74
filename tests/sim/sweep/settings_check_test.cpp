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

TEST_CASE("A value of an axis that its reader takes for none is told at its own line") {
  Sweep sweep = sweep_with({{"network", "resnet8_w8"}});
  for (const std::vector<std::string>& batches : std::vector<std::vector<std::string>>{
           {"0"}, {"0", "0", "0"}, {"0", "1"}, {"1", "0"}, {"1", "2", "0", "4"}}) {
    sweep.axes[1] = axis("batch", batches);
    CHECK(
        begins(fault_of(sweep),
               "made_up.yaml:7:1: axes.batch: 0 is out of range, allowed is a whole number from "));
  }
  sweep.axes[1] = axis("batch", {"1", "sixty"});
  sweep.axes[1].value_places = {{"made_up.yaml", 8, 3}, {"made_up.yaml", 9, 3}};
  CHECK(begins(fault_of(sweep), "made_up.yaml:9:3: axes.batch: sixty is not a whole number, "));
  sweep.axes[1] = axis("engine", {"timing", "modell"});
  CHECK(begins(fault_of(sweep),
               "made_up.yaml:7:1: axes.engine: unknown value modell (did you mean model?), "));
  sweep = sweep_with({});
  sweep.axes[1] = axis("network", {"resnet8_w8", "resnet99"});
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.network: unknown network resnet99 "));
}

TEST_CASE("Of keys that change together the one whose value is none is told") {
  Sweep sweep = sweep_with({{"network", "resnet8_w8"}});
  sweep.axes[1] = {
      {"batch", "chip.tile.columns"}, {{"1", "16"}, {"2", "sixty"}}, {"made_up.yaml", 7, 1}, {}};
  CHECK(begins(fault_of(sweep),
               "made_up.yaml:7:1: axes.chip.tile.columns: sixty is not a whole number, "));
}

TEST_CASE("What is wrong beside some values only is the fault of these points") {
  Sweep sweep = sweep_with({{"network", "resnet8_w8"}});
  sweep.axes[1] = axis("chip.clock_mhz", {"1000", "900"});  // no whole period: not said by bounds
  CHECK(fault_of(sweep).empty());
  sweep.set.emplace_back("chip", "server");
  sweep.axes = {axis("chip.cores", {"1", "4"}), axis("chip.ring.memory_stops", {"1", "4"})};
  CHECK(fault_of(sweep).empty());  // as many stops as cores: a bound that an axis moves
  sweep.axes[1] = axis("chip.ring.memory_stops", {"1", "some"});
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.chip.ring.memory_stops: some is not a "));
  sweep.axes = {axis("chip.cores", {"1", "2"}), axis("chip.ring.memory_stops", {"1", "4"})};
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.chip.ring.memory_stops: 4 is out of "));
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
  std::vector<std::string> clocks(500, "900");  // MHz: no whole period
  sweep.axes[1] = axis("chip.clock_mhz", clocks);
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.chip.clock_mhz: "));
  for (std::size_t i = 480; i < clocks.size(); ++i) clocks[i] = "1000";
  sweep.axes[1] = axis("chip.clock_mhz", clocks);
  CHECK(fault_of(sweep).empty());
  std::vector<std::string> batches(500, "1");
  batches.back() = "65537";  // as a range would go beyond what is allowed
  sweep.axes[1] = axis("batch", batches);
  CHECK(begins(fault_of(sweep), "made_up.yaml:7:1: axes.batch: 65537 is out of range, "));
}

TEST_CASE("What is wrong with the experiment itself is told at its own line") {
  Sweep sweep = sweep_with({});
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/chips/edge.yaml";
  CHECK(fault_of(sweep).find("edge.yaml:") != std::string::npos);
  CHECK(fault_of(sweep).find("experiment: is missing, this is no experiment") != std::string::npos);
}

}  // namespace nibble
