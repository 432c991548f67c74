// Sweeps as a whole, on small networks: the same results as single runs, every point once, faults
// recorded, and the same database whatever the number of jobs.
#include "sim/sweep/sweep_run.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "sim/base/atomic_file.h"
#include "sim/driver/child_process.h"
#include "sim/driver/experiment_run.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/objectives.h"
#include "sim/sweep/points_csv.h"
#include "sim/sweep/resolved_point.h"
#include "sim/sweep/settings_check.h"
#include "sim/sweep/sweep_page.h"
#include "sim/sweep/sweep_report.h"
#include "tests/sim/sweep/sweep_folder.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

constexpr const char* kExperiment = NIBBLE_SOURCE_DIR "/configs/experiments/any_network.yaml";

Axis axis(const std::string& key, const std::vector<std::string>& values) {
  Axis axis{{key}, {}, {"made_up.yaml", 1, 1}};
  for (const std::string& value : values) axis.values.push_back({value});
  return axis;
}

/// Six points: two configurations, each twice, and two that cannot be: no whole period.
Sweep small_sweep() {
  Sweep sweep;
  sweep.file = "made_up.yaml";
  sweep.name = "made_up";
  sweep.experiment_file = kExperiment;
  sweep.set = {{"network", "resnet8_w8"}, {"waterfall", "false"}};
  sweep.axes = {axis("chip.tile.lanes", {"16", "64"}),
                axis("chip.clock_mhz", {"1000", "1000", "900"})};
  sweep.objectives = {{"speedup_vs_fp16", true, {"made_up.yaml", 2, 1}}};
  return sweep;
}

SweepOutcome run_into(const std::string& directory, const Sweep& sweep,
                      const SweepRunOptions& options = {}) {
  PointDatabase database(directory, {"program", sweep.name, "text"});
  check_settings(sweep);
  SweepOutcome outcome = run_sweep(sweep, options, database);
  check_figures(sweep, database);
  return outcome;
}

std::string fault_of(const Sweep& sweep) {
  const SweepFolder folder("fault");
  try {
    (void)run_into(folder.str(), sweep);
    return "";
  } catch (const BadInput& fault) {
    return fault.what();
  }
}

/// What one run of the experiment says, without what a database leaves out.
Json single_run(const std::vector<std::string>& sets) {
  ChildProcess child([&] {
    std::vector<YamlOverride> overrides;
    overrides.reserve(sets.size());
    for (const std::string& set : sets) overrides.push_back(parse_override(set));
    Experiment experiment = read_runnable(kExperiment, overrides);
    const ExperimentInputs inputs = load_inputs(experiment);
    Json result = run_result(experiment, inputs, {});
    result.erase("host");
    return result.dump();
  });
  return Json::parse(child.result());
}

/// Equal, whatever the order of keys.
bool same(const Json& a, const Json& b) { return nlohmann::json(a) == nlohmann::json(b); }

std::string key_of(const Sweep& sweep, const Point& point, const std::string& program = "p") {
  return PointResolver(sweep, program).resolve(point).key;
}

}  // namespace

TEST_CASE("A sweep runs every configuration once and says what single runs say") {
  const SweepFolder folder;
  const Sweep sweep = small_sweep();
  const SweepOutcome outcome = run_into(folder.str(), sweep);
  CHECK(outcome.points == 6);
  CHECK(outcome.run == 4);
  CHECK(outcome.failed == 2);
  CHECK(outcome.killed.empty());
  int good = 0;
  const PointDatabase database(folder.str());
  database.for_each(Layers::read, [&](const DesignPoint& point) {
    REQUIRE(point.is_finished);
    const std::string lanes = point.settings[0].second, clock = point.settings[1].second;
    if (clock == "900") {
      CHECK(point.finished.fault.find("--set chip.clock_mhz=900: clock_mhz: ") == 0);
      return;
    }
    ++good;
    CHECK(same(point.finished.result,
               single_run({"network=resnet8_w8", "waterfall=false", "chip.tile.lanes=" + lanes,
                           "chip.clock_mhz=" + clock})));
  });
  CHECK(good == 4);
}

TEST_CASE("The same command again runs nothing, failed points only if asked") {
  const SweepFolder folder;
  const Sweep sweep = small_sweep();
  (void)run_into(folder.str(), sweep);
  const std::string content = content_of(folder.str());
  CHECK(run_into(folder.str(), sweep).run == 0);
  SweepRunOptions retry;
  retry.retry_failed = true;
  CHECK(run_into(folder.str(), sweep, retry).run == 2);
  CHECK(content_of(folder.str()) == content);
}

TEST_CASE("A longer axis adds its points to those that are there") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  (void)run_into(folder.str(), sweep);
  sweep.axes[0] = axis("chip.tile.lanes", {"32", "16", "64"});
  CHECK(run_into(folder.str(), sweep).run == 2);
  const SweepFolder fresh("b");
  (void)run_into(fresh.str(), sweep);
  CHECK(content_of(folder.str()) == content_of(fresh.str()));
}

TEST_CASE("Jobs side by side leave the same database as one after the other") {
  const SweepFolder one("1"), many("4");
  Sweep sweep = small_sweep();
  sweep.axes.push_back(axis("chip.scratchpad.kib", {"1024", "2048", "4096"}));
  SweepRunOptions options;
  (void)run_into(one.str(), sweep, options);
  options.jobs = 4;
  (void)run_into(many.str(), sweep, options);
  CHECK(content_of(one.str()) == content_of(many.str()));
}

TEST_CASE("Points outside the constraints are left out, all of them are one too many") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.axes = {axis("chip.tile.lanes", {"16", "64"})};
  sweep.constraints = {{"peak_tops", 8, 9, {"made_up.yaml", 3, 2}}};  // 64 x 64 at 1 GHz: 8.192
  const SweepOutcome outcome = run_into(folder.str(), sweep);
  CHECK(outcome.points == 1);
  CHECK(outcome.excluded == 1);
  const PointDatabase database(folder.str());
  database.for_each(Layers::skip, [](const DesignPoint& point) {
    CHECK(point.number == 1);
    CHECK(point.settings == Point{{"chip.tile.lanes", "64"}});
  });
  sweep.constraints[0].at_least = 8.5;
  CHECK(fault_of(sweep) ==
        "made_up.yaml: constraints: are fulfilled by none of 2 points, allowed are bounds that "
        "leave some");
  sweep.constraints[0].key = "peak_topps";
  CHECK(fault_of(sweep).find(
            "made_up.yaml:3:2: constraints.key: peak_topps is not known before a run "
            "(did you mean peak_tops?), allowed in a grid are the numbers of ") == 0);
  sweep.constraints[0].key = "time_s";
  CHECK(fault_of(sweep) ==
        "made_up.yaml:3:2: constraints.key: time_s is not known before a run, allowed in a grid "
        "are the numbers of nibblesim describe CHIP --json; a search may bound any number of "
        "result.json");
}

TEST_CASE("An axis that names no key is told before anything runs, beside others it may be one") {
  Sweep sweep = small_sweep();
  sweep.axes.push_back(axis("chip.tile.lnaes", {"1"}));
  CHECK(fault_of(sweep).find("made_up.yaml:1:1: axes.chip.tile.lnaes: unknown key (did you mean "
                             "lanes?)") == 0);
  sweep = small_sweep();
  sweep.axes.pop_back();
  sweep.set.emplace_back("batchh", "1");
  CHECK(fault_of(sweep).find("made_up.yaml: set.batchh: unknown key (did you mean batch?)") == 0);
  // Only one of these networks has so many layers.
  sweep = small_sweep();
  sweep.set = {{"twin", "none"}};
  sweep.objectives.clear();
  sweep.axes = {axis("network.layers.100.name", {"renamed"}),
                axis("network", {"resnet8_w8", "resnet50"})};
  CHECK(fault_of(sweep).empty());
}

TEST_CASE("An objective that is no figure is told with the first result, which is kept") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.objectives[0].key = "speed_up";
  sweep.axes = {axis("twin", {"none", "equal_area"}), axis("chip.tile.lanes", {"16", "64"})};
  for (int i = 0; i < 3; ++i) {
    CHECK_THROWS_WITH(run_into(folder.str(), sweep),
                      Catch::Contains("made_up.yaml:2:1: objectives.key: unknown figure speed_up"));
    CHECK(points_in(folder.database()) == 1);
  }
}

TEST_CASE("The page tells every fault whole, points that failed alike together") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.axes = {axis("chip.clock_mhz", {"900", "1000", "1000", "900", "901", "902"}),
                axis("chip.tile.lanes", {"16", "64"})};
  PointDatabase database(folder.str(), {"program", sweep.name, "text"});
  const SweepOutcome outcome = run_sweep(sweep, {}, database);
  const std::string page = sweep_page(sweep, outcome, database);
  CHECK_THAT(page, Catch::Contains("12 points: 4 good, 8 failed; 8 run now; 8 are different"));
  CHECK_THAT(page, Catch::Contains("\n  4 points, the first 1: --set chip.clock_mhz=900: "
                                   "clock_mhz: 900 MHz has no period in whole picoseconds, "
                                   "allowed is 1000000 / period, for example "));
  CHECK_THAT(page, Catch::Contains("\n  2 points, the first 9: --set chip.clock_mhz=901: "));
  CHECK_THAT(page, Catch::Contains("\n  2 points, the first 11: --set chip.clock_mhz=902: "));
}

TEST_CASE("A figure that only some results have is an objective of these, whichever ends first") {
  const std::vector<std::string> twins = GENERATE(std::vector<std::string>{"none", "equal_area"},
                                                  std::vector<std::string>{"equal_area", "none"});
  SweepRunOptions options;
  options.jobs = GENERATE(1, 4);
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.axes = {axis("twin", twins), axis("batch", {"1", "2"})};
  for (const int run : {4, 0}) {
    const SweepOutcome outcome = run_into(folder.str(), sweep, options);
    CHECK(outcome.run == run);
    CHECK(outcome.failed == 0);
    const std::string page = sweep_page(sweep, outcome, PointDatabase(folder.str()));
    CHECK_THAT(page, Catch::Contains("\nThe best\n") && Catch::Contains(" equal_area "));
    CHECK_THAT(page, !Catch::Contains(" none "));
  }
}

TEST_CASE("An objective that results might have, but none has, is told at the end, again, too") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.set.emplace_back("twin", "none");
  sweep.axes = {axis("batch", {"1", "2"})};
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH(run_into(folder.str(), sweep),
                      "made_up.yaml:2:1: objectives.key: speedup_vs_fp16 is in none of the "
                      "results, which are kept, allowed are the numbers of points.csv");
    CHECK(PointDatabase(folder.str()).good_points() == 2);
  }
}

TEST_CASE("All results have the same figures, but for those that depend on the experiment") {
  const auto names_with = [](const std::vector<std::string>& more) {
    std::vector<std::string> sets{"network=resnet8_w8", "waterfall=false"};
    sets.insert(sets.end(), more.begin(), more.end());
    Json result = single_run(sets);
    return possible_names(result);
  };
  const auto names = names_with({});
  CHECK(names.size() > 100);
  CHECK(names_with({"twin=none"}) == names);
  CHECK(names_with({"twin=none", "chip=server"}) == names);
  CHECK(names_with({"chip=density", "epoch.samples=9"}) == names);
  CHECK(names_with({"engine=model", "twin=equal_lanes", "mapping.search=1"}) == names);
}

TEST_CASE("A point whose files change while it runs is not kept under the key of the former") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";
  sweep.set = {{"inference.dataset_folder", folder.str()}, {"engine", "model"}};
  PointDatabase database(folder.str(), {"program", sweep.name, "text"});
  const SweepRunOptions options;
  PointEvaluator evaluator(sweep, options, database, 1);
  const AskedPoint asked = evaluator.ask({{"batch", "2"}});
  write_file(folder.str() + "/t10k-images-idx3-ubyte.gz", "some images");
  evaluator.wait();
  const Evaluations evaluations = evaluator.finish();
  REQUIRE(evaluations.killed.size() == 1);
  CHECK_THAT(evaluations.killed.front(),
             Catch::Contains("that of /") && Catch::Contains(".gz, which changed meanwhile"));
  CHECK_FALSE(database.holds(asked.key, true));
}

TEST_CASE("A report holds points with and without results, with and without objectives") {
  for (const bool has_objectives : {true, false}) {
    const SweepFolder folder;
    Sweep sweep = small_sweep();
    if (!has_objectives) sweep.objectives.clear();
    std::string text =
        "sweep: made_up\nexperiment: any_network\n"
        "axes: {chip.tile.lanes: [16, 64], chip.clock_mhz: [1000, 1000, 900]}\n";
    if (has_objectives) text += "objectives: [{key: speedup_vs_fp16, goal: maximise}]\n";
    {
      PointDatabase database(folder.str(), {"program", sweep.name, text});
      (void)run_sweep(sweep, {}, database);
      database.put_design(7, "nobody has run it", {{"batch", "9"}});
      database.end_design(7);
    }
    REQUIRE(holds_sweep(folder.str()));
    const Json report = sweep_report(folder.str());
    CHECK(report.at("objectives").size() == (has_objectives ? 1 : 0));
    const Json& points = report.at("points");
    CHECK(report.at("name") == "made_up (6 of 7 points so far)");
    CHECK(points.at("number").size() == 6);
    CHECK(points.at("fault")[2].get<std::string>().find("--set chip.clock_mhz=900") == 0);
    CHECK(points.at("fault")[3] == "");
    CHECK(points.at("values").at("time_s")[2].is_null());
    CHECK(points.at("values").at("chip.clock_mhz")[2] == 900);
    CHECK(!report.at("details").empty());
  }
}

TEST_CASE("A report says which points are outside which bounds, and keeps them off the front") {
  const auto report_with = [](const std::string& bound) {
    const SweepFolder folder;
    const std::string text =
        "sweep: made_up\nexperiment: any_network\n"
        "axes: {chip.tile.lanes: [16, 64], chip.clock_mhz: [1000, 1000, 900]}\n"
        "objectives: [{key: time_s, goal: minimise}]\n"
        "constraints: [{key: array_power_w, at_most: 100}, {key: time_s, at_least: " +
        bound + "}]\n";
    PointDatabase database(folder.str(), {"program", "made_up", text});
    (void)run_sweep(small_sweep(), {}, database);
    return sweep_report(folder.str());
  };
  const Json times = report_with("0").at("points").at("values").at("time_s");
  REQUIRE(times[0].get<double>() > times[3].get<double>());  // more lanes are faster
  const double bound = (times[0].get<double>() + times[3].get<double>()) / 2;
  const Json report = report_with(fmt::format("{}", bound));
  CHECK(report.at("points").at("outside").dump() == "[[],[],[],[1],[1],[]]");
  CHECK(report.at("constraints")[0].dump() ==
        R"({"key":"array_power_w","at_least":null,"at_most":100.0})");
  CHECK(report.at("constraints")[1].at("at_least") == bound);
  CHECK(report.at("points").at("values").contains("array_power_w"));
  CHECK(report.at("details").begin().key() == "1");
}

TEST_CASE("A point that takes too long has failed") {
  const SweepFolder folder;
  Sweep sweep = small_sweep();
  sweep.set = {{"network", "gpt2_small"}};
  sweep.axes = {axis("batch", {"1"})};
  SweepRunOptions options;
  options.most_seconds = 0.3;
  CHECK(run_into(folder.str(), sweep, options).failed == 1);
  CHECK(content_of(folder.str()).find(" took over 0.3 s ") != std::string::npos);
}

TEST_CASE("A point's key is that of what is run, not of how it was said") {
  const Sweep sweep = small_sweep();
  const std::string key = key_of(sweep, {{"batch", "2"}});
  CHECK(key.size() == 32);
  CHECK(key_of(sweep, {{"batch", "2"}}) == key);
  CHECK(key_of(sweep, {{"batch", "2"}, {"chip.clock_mhz", "1000"}}) == key);  // as the file says
  CHECK(key_of(sweep, {{"batch", "3"}}) != key);
  CHECK(key_of(sweep, {{"batch", "2"}}, "q") != key);
  CHECK(key_of(sweep, {{"batch", "2"}, {"chip.clock_mhz", "999"}}) != key);
  CHECK(key_of(sweep, {{"batch", "2"}, {"chip.dram.preset", "lpddr4_3200"}}) != key);
  CHECK(key_of(sweep, {{"batch", "2"}, {"chip.silicon.area_ratio", "7"}}) != key);
  CHECK(key_of(sweep, {{"batch", "2"}, {"mapping.search", "1"}}) != key);
}

TEST_CASE("The bytes of the data set are in the key of a point that computes with them") {
  const SweepFolder folder;
  const std::string images = folder.str() + "/t10k-images-idx3-ubyte.gz";
  Sweep sweep = small_sweep();
  sweep.experiment_file = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";
  sweep.set = {{"inference.dataset_folder", folder.str()}};
  const Point model{{"engine", "model"}}, timing{{"engine", "timing"}};
  const std::string without = key_of(sweep, model), of_timing = key_of(sweep, timing);
  write_file(images, "some images");
  const std::string with = key_of(sweep, model);
  CHECK(with != without);
  PointResolver resolver(sweep, "p");
  CHECK(resolver.resolve(model).key == with);
  write_file(images, "more images");
  CHECK(key_of(sweep, model) != with);
  CHECK(resolver.resolve(model).key == key_of(sweep, model));  // it reads a changed file again
  write_file(images, "some images");
  CHECK(key_of(sweep, model) == with);
  CHECK(key_of(sweep, timing) == of_timing);  // which reads no image
}

TEST_CASE("A file's hash is that of its bytes, however many they are") {
  const SweepFolder folder;
  const std::string file = folder.str() + "/bytes";
  std::string bytes;
  for (const std::size_t size : {0, 1, 1 << 20, 3'000'001}) {
    while (bytes.size() < size) bytes += static_cast<char>(bytes.size() * bytes.size() >> 7);
    write_file(file, bytes);
    CHECK(file_hash(file) == content_hash(bytes));
  }
  CHECK_THROWS_WITH(file_hash(folder.str() + "/none"),
                    Catch::Contains("/none: cannot be read (No such file or directory)"));
  CHECK_THROWS_AS(file_hash(folder.str()), BadInput);
}

TEST_CASE("The table has a line a point and a column a figure") {
  const SweepFolder folder;
  (void)run_into(folder.str(), small_sweep());
  const std::string csv = points_csv(PointDatabase(folder.str()));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 7);
  CHECK(csv.find("number,fault,set.chip.tile.lanes,set.chip.clock_mhz,schema,") == 0);
  CHECK(csv.find("\r\n3,\"--set chip.clock_mhz=900: clock_mhz: ") != std::string::npos);
  CHECK(csv.find("\r\n4,,64,1000,nibblesim-result-1,") != std::string::npos);
}

}  // namespace nibble
