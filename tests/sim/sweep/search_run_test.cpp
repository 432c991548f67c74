// Searches as a whole, on a small network: the front of the full grid, every configuration once,
// the same database whatever the number of jobs and however often the process is killed.
#include "sim/sweep/search_run.h"

#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/wait.h>

#include "sim/sweep/objectives.h"
#include "sim/sweep/pareto.h"
#include "sim/sweep/search_page.h"
#include "sim/sweep/sweep_file.h"
#include "sim/sweep/sweep_page.h"
#include "sim/sweep/sweep_report.h"
#include "sim/sweep/sweep_run.h"
#include "tests/sim/sweep/sweep_folder.h"

namespace nibble {
namespace {

using namespace test;
using Goals = std::vector<double>;

Axis axis(const std::string& key, const std::vector<std::string>& values) {
  Axis axis{{key}, {}, {"made_up.yaml", 1, 1}};
  for (const std::string& value : values) axis.values.push_back({value});
  return axis;
}

/// 72 points of some ten milliseconds each.
Sweep grid() {
  Sweep sweep;
  sweep.file = "made_up.yaml";
  sweep.name = "made_up";
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/experiments/any_network.yaml";
  sweep.set = {{"network", "resnet8_w8"}, {"waterfall", "false"}, {"twin", "none"}};
  sweep.axes = {
      axis("chip.tile.lanes", {"16", "32", "64"}), axis("chip.tile.columns", {"16", "32", "64"}),
      axis("chip.dram.channels", {"1", "2", "4", "8"}), axis("chip.clock_mhz", {"500", "1000"})};
  sweep.objectives = {{"time_s", false, {"made_up.yaml", 2, 1}},
                      {"area_mm2.total", false, {"made_up.yaml", 2, 2}}};
  return sweep;
}

Sweep searched(Sweep sweep, std::int64_t population = 12, std::int64_t generations = 20) {
  sweep.search.emplace();
  sweep.search->population = population;
  sweep.search->generations = generations;
  return sweep;
}

SweepOutcome run_into(const SweepFolder& folder, const Sweep& sweep, int jobs = 2) {
  SweepRunOptions options;
  options.jobs = jobs;
  PointDatabase database(folder.str(), {"program", sweep.name, "text"});
  return run_sweep(sweep, options, database);
}

std::set<Goals> front_of(const SweepFolder& folder, const Sweep& sweep) {
  std::vector<Goals> goals;
  PointDatabase(folder.str()).for_each(Layers::skip, [&](const DesignPoint& point) {
    goals.push_back(goals_of(sweep.objectives, point.finished.result));
  });
  std::set<Goals> front;
  for (const std::size_t point : pareto_front(goals)) front.insert(goals[point]);
  return front;
}

std::string fault_of(const SweepFolder& folder, const Sweep& sweep) {
  try {
    (void)run_into(folder, sweep);
    return "";
  } catch (const BadInput& fault) {
    return fault.what();
  }
}

}  // namespace

TEST_CASE("A search finds the front of the grid and runs each configuration once") {
  const SweepFolder all("grid"), some("search");
  (void)run_into(all, grid());
  const SweepOutcome outcome = run_into(some, searched(grid()));
  CHECK(front_of(some, grid()) == front_of(all, grid()));
  CHECK(outcome.run == outcome.points);
  CHECK(outcome.points < 72);
  REQUIRE(outcome.search);
  const auto& generations = outcome.search->generations;
  REQUIRE(generations.size() == 21);
  CHECK(generations.back().asked == 12 * 21);
  CHECK(generations.back().points == outcome.points);
  for (std::size_t i = 1; i < generations.size(); ++i) {
    CHECK(generations[i].hypervolume >= generations[i - 1].hypervolume);
    CHECK(generations[i].points >= generations[i - 1].points);
  }
  const std::string page = search_text(searched(grid()), *outcome.search);
  CHECK(page.find("NSGA-II, population 12, seed 1; 252 points asked for in 21 generations") !=
        std::string::npos);
  CHECK(page.find("of the grid's 72") != std::string::npos);
}

TEST_CASE("The same seed searches the same points whatever the jobs, and none a second time") {
  const SweepFolder one("1"), four("4"), other("other");
  Sweep sweep = searched(grid(), 12, 6);
  (void)run_into(one, sweep, 1);
  (void)run_into(four, sweep, 4);
  const std::string content = content_of(one.str());
  CHECK(content_of(four.str()) == content);
  CHECK(run_into(one, sweep).run == 0);
  CHECK(content_of(one.str()) == content);
  sweep.search->seed = 2;
  (void)run_into(other, sweep);
  CHECK(content_of(other.str()) != content);
}

TEST_CASE("A search that is killed again and again ends like one that was not") {
  const SweepFolder whole("whole"), killed("killed");
  const Sweep sweep = searched(grid(), 12, 10);
  (void)run_into(whole, sweep);
  std::mt19937 random(5);
  int amid = 0;
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      (void)run_into(killed, sweep);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 200));
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    amid += WIFSIGNALED(status) ? 1 : 0;
  }
  CHECK(amid > 0);
  (void)run_into(killed, sweep);
  CHECK(content_of(killed.str()) == content_of(whole.str()));
}

TEST_CASE("A constraint may bound a figure of the result, and points that break it are no front") {
  const SweepFolder folder;
  Sweep sweep = searched(grid());
  sweep.constraints = {{"energy_j.total", 0, 4.8e-5, {"made_up.yaml", 3, 2}}};
  const SweepOutcome outcome = run_into(folder, sweep);
  CHECK(outcome.excluded == 0);
  std::vector<Goals> within;
  const PointDatabase database(folder.str());
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    const Json& result = point.finished.result;
    if (result.at("energy_j").at("total") <= 4.8e-5)
      within.push_back(goals_of(sweep.objectives, result));
  });
  INFO(within.size() << " of " << outcome.points);
  CHECK(!within.empty());
  CHECK(static_cast<std::int64_t>(within.size()) < outcome.points);
  CHECK(static_cast<std::int64_t>(pareto_front(within).size()) ==
        outcome.search->generations.back().front);
  CHECK(sweep_page(sweep, outcome, database)
            .find(" of " + std::to_string(within.size()) + " points within the constraints") !=
        std::string::npos);
}

TEST_CASE("A point without a bounded figure is on no front, of the search, page and report") {
  const SweepFolder folder;
  const std::string text =
      "sweep: made_up\nexperiment: any_network\n"
      "axes: {chip.tile.lanes: [16, 32, 64], twin: [none, equal_area]}\n"
      "objectives: [{key: time_s, goal: minimise}, {key: area_mm2.total, goal: minimise}]\n"
      "constraints: [{key: speedup_vs_fp16, at_least: 0.01}]\n"
      "search: {algorithm: nsga2, population: 8, generations: 4}\n";
  Sweep sweep = parse_sweep(text, "made_up.yaml");
  sweep.experiment_file = grid().experiment_file;
  sweep.set = {{"network", "resnet8_w8"}, {"waterfall", "false"}};
  PointDatabase database(folder.str(), {"program", sweep.name, text});
  const SweepOutcome outcome = run_sweep(sweep, {}, database);
  check_figures(sweep, database);
  CHECK(outcome.points == 6);
  CHECK(outcome.search->generations.back().front == 3);
  CHECK_THAT(sweep_page(sweep, outcome, database),
             Catch::Contains("Pareto front: 3 of 3 points within the constraints") &&
                 !Catch::Contains(" none"));
  const Json report = sweep_report(folder.str());
  int outside = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const bool has_none = report.at("points").at("values").at("twin")[i] == "none";
    CHECK(report.at("points").at("outside")[i].size() == (has_none ? 1 : 0));
    outside += has_none ? 1 : 0;
  }
  CHECK(outside == 3);
}

TEST_CASE("Points that a known figure excludes are not run, failed ones are kept and avoided") {
  const SweepFolder folder;
  Sweep sweep = searched(grid(), 12, 10);
  sweep.constraints = {{"peak_tops", 0, 3, {"made_up.yaml", 3, 2}}};
  sweep.axes[3] = axis("chip.clock_mhz", {"500", "1000", "900"});  // the last has no whole period
  const SweepOutcome outcome = run_into(folder, sweep);
  CHECK(outcome.excluded > 0);
  CHECK(outcome.failed > 0);
  CHECK(outcome.failed < outcome.points / 2);
  PointDatabase(folder.str()).for_each(Layers::skip, [](const DesignPoint& point) {
    if (point.finished.fault.empty()) {
      CHECK(point.finished.result.at("peak_tops") <= 3);
    }
  });
}

TEST_CASE("A figure that no result has is told with the first one, which is kept") {
  const SweepFolder one("objective"), other("constraint"), none("none");
  Sweep sweep = searched(grid());
  sweep.objectives[0].key = "time_ms";
  CHECK(fault_of(one, sweep).find("made_up.yaml:2:1: objectives.key: unknown figure time_ms") == 0);
  CHECK(content_of(one.str()).find("\"time_s\"") != std::string::npos);
  sweep = searched(grid());
  sweep.constraints = {{"energy_j.totall", 0, 1, {"made_up.yaml", 3, 2}}};
  CHECK(fault_of(other, sweep) ==
        "made_up.yaml:3:2: constraints.key: unknown figure energy_j.totall (did you mean "
        "energy_j.total?), allowed are the numbers of result.json");
  CHECK(content_of(other.str()).find("\"time_s\"") != std::string::npos);
  sweep.constraints = {{"peak_tops", 1e6, 1e7, {"made_up.yaml", 3, 2}}};
  CHECK(fault_of(none, sweep).find("made_up.yaml: constraints: are fulfilled by none of ") == 0);
}

}  // namespace nibble
