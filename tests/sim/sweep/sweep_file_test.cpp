// Sweep files: what they may say, and what is told of those that are wrong.
#include "sim/sweep/sweep_file.h"

#include <catch2/catch.hpp>

#include "tests/sim/driver/config_copy.h"

namespace nibble {
namespace {

using namespace test;

constexpr const char* kGood = R"(sweep: good
experiment: any_network
set: {network: resnet18, batch: 4}
axes:
  chip.tile.lanes: [16, 64]
  chip.clock_mhz: {from: 100, to: 1000, points: 3, scale: log}
paired:
  - {chip.tile.columns: [64, 32], chip.scratchpad.kib: {from: 1024, to: 2048, factor: 2}}
constraints:
  - {key: area_mm2.total, at_most: 12}
  - {key: peak_tops, equal: 8, within: 0.25}
objectives:
  - {key: time_s, goal: minimise}
)";

class SweepFile {
 public:
  explicit SweepFile(const std::string& text) {
    std::filesystem::create_directories(configs_.path("sweeps"));
    configs_.write("sweeps/at.yaml", text);
  }
  [[nodiscard]] Sweep read() const { return read_sweep(configs_.path("sweeps/at.yaml")); }
  /// Behind the file's name.
  [[nodiscard]] std::string fault() const {
    try {
      (void)read();
      return "";
    } catch (const BadInput& fault) {
      const std::string text = fault.what();
      return text.substr(text.find("at.yaml") + 7);
    }
  }

 private:
  ConfigCopy configs_;
};

/// Of the good file with one piece replaced.
std::string fault_with(const std::string& piece, const std::string& other) {
  std::string text = kGood;
  const std::size_t at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return SweepFile(text.replace(at, piece.size(), other)).fault();
}

std::vector<std::string> values_of(const std::string& range) {
  const Sweep sweep =
      SweepFile("sweep: x\nexperiment: any_network\naxes: {batch: " + range + "}\n").read();
  std::vector<std::string> values;
  for (const auto& value : sweep.axes[0].values) values.push_back(value[0]);
  return values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A sweep file is read key by key") {
  const Sweep sweep = SweepFile(kGood).read();
  CHECK(sweep.name == "good");
  CHECK(sweep.experiment_file.find("configs/experiments/any_network.yaml") != std::string::npos);
  CHECK(sweep.set == std::vector<Setting>{{"network", "resnet18"}, {"batch", "4"}});
  CHECK(sweep.set_places.at("batch").line == 3);
  REQUIRE(sweep.axes.size() == 3);
  CHECK(sweep.axes[0].keys == Texts{"chip.tile.lanes"});
  CHECK(sweep.axes[0].values == std::vector<Texts>{{"16"}, {"64"}});
  REQUIRE(sweep.axes[0].value_places.size() == 2);
  CHECK(sweep.axes[0].value_places[1].column == 25);
  CHECK(sweep.axes[2].value_places.size() == 2);
  CHECK(sweep.axes[1].values == std::vector<Texts>{{"100"}, {"316"}, {"1000"}});
  CHECK(sweep.axes[2].keys == Texts{"chip.tile.columns", "chip.scratchpad.kib"});
  CHECK(sweep.axes[2].values == std::vector<Texts>{{"64", "1024"}, {"32", "2048"}});
  REQUIRE(sweep.constraints.size() == 2);
  CHECK(sweep.constraints[0].at_most == 12);
  CHECK(sweep.constraints[1].at_least == 6);
  CHECK(sweep.constraints[1].at_most == 10);
  REQUIRE(sweep.objectives.size() == 1);
  CHECK(!sweep.objectives[0].maximise);
  CHECK(sweep.sampling.method == Sampling::Method::grid);
}

TEST_CASE("A range has both of its ends, whole numbers if these are") {
  CHECK(values_of("{from: 1, to: 7, step: 2}") == Texts{"1", "3", "5", "7"});
  CHECK(values_of("{from: 1, to: 6, step: 2}") == Texts{"1", "3", "5"});
  CHECK(values_of("{from: 0.1, to: 0.3, step: 0.1}") == Texts{"0.1", "0.2", "0.3"});
  CHECK(values_of("{from: 3, to: 48, factor: 2}") == Texts{"3", "6", "12", "24", "48"});
  CHECK(values_of("{from: 1, to: 4, points: 7}") == Texts{"1", "2", "3", "4"});
  CHECK(values_of("{from: 1, to: 2.0, points: 3}") == Texts{"1", "1.5", "2"});
  CHECK(values_of("{from: 1.0, to: 1000, points: 4, scale: log}") ==
        Texts{"1", "10", "100", "1000"});
  CHECK(values_of("{from: 5, to: 5, step: 1}") == Texts{"5"});
  CHECK(values_of("{from: 1, to: 3, step: 0.5}") == Texts{"1", "1.5", "2", "2.5", "3"});
  CHECK(values_of("{from: 1, to: 4, factor: 1.5}") == Texts{"1", "1.5", "2.25", "3.375"});
}

TEST_CASE("A wrong sweep file is told by line, key and what is allowed") {
  CHECK(fault_with("sweep: good\n", "") ==
        ":1:1: sweep: is missing, this is no sweep, allowed are files like "
        "configs/sweeps/edge_array.yaml");
  CHECK(fault_with("any_network", "any_netwrk").find("did you mean any_network?") !=
        std::string::npos);
  CHECK(fault_with("[16, 64]", "[]") ==
        ":5:20: axes.chip.tile.lanes: has no values, allowed is [VALUE, ...]");
  CHECK(fault_with("[16, 64]", "16") ==
        ":5:20: axes.chip.tile.lanes: is neither a list nor a range, allowed are [VALUE, ...] and "
        "{from: A, to: B, step: C} (or factor, points)");
  CHECK(fault_with("[16, 64]", "[16, 64, 16]") ==
        ":5:29: axes.chip.tile.lanes: 16 stands at 5:21 already, allowed is each value once");
  CHECK(fault_with("[64, 32], chip.scratchpad.kib: {from: 1024, to: 2048, factor: 2}",
                   "[64, 32, 64], chip.scratchpad.kib: [1024, 1024, 1024]") ==
        ":8:34: axes.chip.tile.columns, chip.scratchpad.kib: 64, 1024 stands at 8:26 already, "
        "allowed is each value once");
  CHECK(fault_with("points: 3, ", "") ==
        ":6:19: axes.chip.clock_mhz: has no steps, allowed is one of step, factor and points");
  CHECK(fault_with("points: 3", "points: 3, step: 2") ==
        ":6:19: axes.chip.clock_mhz: has steps of more than one kind, allowed is one of step, "
        "factor and points");
  CHECK(fault_with("points: 3", "piont: 3")
            .find("axes.chip.clock_mhz.piont: unknown key (did you "
                  "mean points?), allowed are from, to, ") != std::string::npos);
  CHECK(fault_with("to: 1000", "to: 10").find("axes.chip.clock_mhz.to: ") != std::string::npos);
  CHECK(fault_with("from: 100", "from: 0").find("from: is not positive") != std::string::npos);
  CHECK(fault_with("[64, 32]", "[64, 32, 16]") ==
        ":8:60: paired[0].chip.scratchpad.kib: has 2 values, allowed are 3, as many as "
        "chip.tile.columns has");
  CHECK(fault_with("chip.tile.columns", "chip.tile.lanes").find("is an axis already") !=
        std::string::npos);
  CHECK(fault_with("batch: 4", "chip.tile.lanes: 4").find("stands in set, too") !=
        std::string::npos);
  CHECK(fault_with(", at_most: 12", "").find("is not bounded") != std::string::npos);
  CHECK(fault_with("at_most: 12", "atmost: 12") ==
        ":10:27: constraints[0].atmost: unknown key (did you mean at_most?), allowed are key, "
        "equal, at_least, at_most");
  CHECK(fault_with("at_most: 12", "at_most: 12, at_least: 13").find("is less than at_least") !=
        std::string::npos);
  CHECK(fault_with("goal: minimise", "goal: less").find("allowed are maximise, minimise") !=
        std::string::npos);
  CHECK(fault_with("objectives:", "objektives:").find("did you mean objectives?") !=
        std::string::npos);
  CHECK(fault_with("objectives:", "sample: {method: random}\nobjectives:")
            .find("sample.points: is missing") != std::string::npos);
  const auto sampled = [](const std::string& points) {
    return fault_with("objectives:",
                      "sample: {method: random, points: " + points + "}\nobjectives:");
  };
  CHECK(sampled("12").empty());  // 2 x 3 x 2
  CHECK(sampled("13").find(
            "sample.points: 13 are more than the grid has, allowed are 1 to 12, or no sample for "
            "all") != std::string::npos);
}

TEST_CASE("A search is read, with the usual settings where none are given") {
  std::string text = kGood;
  text += "  - {key: energy_j.total, goal: minimise}\n";
  const Sweep sweep = SweepFile(text + "search: {algorithm: nsga2, population: 16}\n").read();
  REQUIRE(sweep.search);
  CHECK(sweep.search->population == 16);
  CHECK(sweep.search->generations == 20);
  CHECK(sweep.search->seed == 1);
  CHECK(!sweep.search->mutation_probability);
}

TEST_CASE("A wrong search is told by line, key and what is allowed") {
  const std::string good = "  - {key: energy_j.total, goal: minimise}\n";
  const auto fault = [&](const std::string& search, const std::string& before) {
    return SweepFile(kGood + before + "search: {" + search + "}\n").fault();
  };
  CHECK(fault("algorithm: nsga3", good).find("allowed is nsga2") != std::string::npos);
  CHECK(fault("population: 16", good).find("search.algorithm: is missing") != std::string::npos);
  CHECK(fault("algorithm: nsga2, population: 18", good) ==
        ":15:40: search.population: 18 is no multiple of 4, allowed are 8, 12, ... 1000");
  CHECK(fault("algorithm: nsga2, population: 4", good).find("search.population: ") !=
        std::string::npos);
  CHECK(fault("algorithm: nsga2, generations: 0", good).find("search.generations: ") !=
        std::string::npos);
  CHECK(fault("algorithm: nsga2, generations: 1001", good).find("search.generations: ") !=
        std::string::npos);
  CHECK(fault("algorithm: nsga2, crossover_probability: 1", good).find("crossover_probability") !=
        std::string::npos);
  CHECK(fault("algorithm: nsga2", good + "sample: {method: random, points: 3}\n")
            .find("search: stands beside sample, allowed is one of both") != std::string::npos);
  CHECK(fault("algorithm: nsga2", "").find("objectives: are 1 for a search, allowed are 2 to 4") !=
        std::string::npos);
  CHECK(SweepFile("sweep: x\nexperiment: any_network\naxes: {batch: [1, 2]}\nsearch: {algorithm: "
                  "nsga2}\n")
            .fault()
            .find(":4:9: search: has no objectives, allowed are 2 to 4") == 0);
}

}  // namespace nibble
