// Comparisons of results made up from a fixed one: sums that must add up, what is matched, words.
#include "sim/report/comparison.h"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "sim/report/comparison_page.h"
#include "tests/sim/support/golden.h"
#include "tests/sim/support/pick.h"

namespace nibble {
namespace {

Json fixed_result() {
  return Json::parse(std::ifstream(NIBBLE_SOURCE_DIR "/tests/sim/report/result.json"));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A stage of `streaming` cycles and stalls.
Json stage(const std::string& name, const std::string& pass, Cycles streaming, Cycles dram,
           Cycles sfu) {
  Json stalls;
  for (const std::string_view cause : kStallCauseNames) stalls[std::string(cause)] = 0;
  stalls["dram"] = dram;
  stalls["sfu"] = sfu;
  return {{"name", name},           {"pass", pass},
          {"shape", "8x8x8"},       {"cycles", streaming + dram + sfu},
          {"streaming", streaming}, {"stalls", stalls}};
}

/// The fixed result with these stages in place of its own, its cycles and stalls their sums.
Json result_of(const std::vector<Json>& stages) {
  Json result = fixed_result();
  result["layers"] = stages;
  result["cycles"] = 0;
  result["streaming_cycles"] = 0;
  for (auto& [cause, stall] : result["stalls"].items()) stall = 0;
  for (const Json& at : stages) {
    result["cycles"] = result["cycles"].get<Cycles>() + at.at("cycles").get<Cycles>();
    result["streaming_cycles"] =
        result["streaming_cycles"].get<Cycles>() + at.at("streaming").get<Cycles>();
    for (auto& [cause, stall] : result["stalls"].items()) {
      stall = stall.get<Cycles>() + at.at("stalls").at(cause).get<Cycles>();
    }
  }
  result["time_s"] = result["cycles"].get<double>() / (result["clock_mhz"].get<double>() * 1e6);
  return result;
}

Json faster_result() {
  Json b = fixed_result();
  b["overrides"] = {"chip.dram.channels=8"};
  b["dram"]["channels"] = 8;
  b["cycles"] = 53'000;
  b["time_s"] = 5.3e-5;
  b["stalls"]["dram"] = 500;
  b["stalls"]["sfu"] = 4'600;
  b["energy_j"]["dram"] = 0.9 * b["energy_j"]["dram"].get<double>();
  b["energy_j"]["total"] =
      b["energy_j"]["total"].get<double>() - b["energy_j"]["dram"].get<double>() / 9;
  Json& layer = b["layers"][0];
  const Cycles saved = layer["stalls"]["dram"].get<Cycles>();
  layer["stalls"]["dram"] = 0;
  layer["cycles"] = layer["cycles"].get<Cycles>() - saved;
  return b;
}

/// Causes add up to the difference of cycles x cores, their times to that of the runs, parts of
/// energy to that of the totals; shares to 1.
void check_sums(const Json& a, const Json& b) {
  const Json c = comparison(a, b);
  const bool per_sample = c.at("per_sample").get<bool>();
  const auto core_cycles = [](const Json& of) {
    return of.at("cycles").get<Cycles>() * of.at("cores").get<Cycles>();
  };
  const auto samples = [&](const Json& of) {
    return per_sample ? of.at("batch").get<double>() : 1.0;
  };
  Cycles cycles = 0, of_a = 0, of_b = 0;
  double seconds = 0, joules = 0, cycle_shares = 0, time_shares = 0, energy_shares = 0;
  for (const Json& cause : c.at("causes")) {
    of_a += cause.at("a_cycles").get<Cycles>();
    of_b += cause.at("b_cycles").get<Cycles>();
    cycles += cause.at("difference_cycles").get<Cycles>();
    seconds += cause.at("difference_s").get<double>();
    cycle_shares += cause.at("share_of_cycles").get<double>();
    time_shares += cause.at("share_of_time").get<double>();
  }
  CHECK(of_a == core_cycles(a));
  CHECK(of_b == core_cycles(b));
  CHECK(cycles == core_cycles(b) - core_cycles(a));
  CHECK(seconds == Approx(b.at("time_s").get<double>() / samples(b) -
                          a.at("time_s").get<double>() / samples(a)));
  for (const Json& part : c.at("energy")) {
    joules += part.at("difference_j").get<double>();
    energy_shares += part.at("share").get<double>();
  }
  CHECK(joules == Approx(b.at("energy_j").at("total").get<double>() / samples(b) -
                         a.at("energy_j").at("total").get<double>() / samples(a)));
  CHECK(cycle_shares == Approx(1));
  CHECK(time_shares == Approx(1));
  CHECK(energy_shares == Approx(1));
}

/// A result whose causes and parts are random, but add up as a run's do.
Json random_result(test::Random& random) {
  Json result = fixed_result();
  result["cores"] = test::pick(random, 1, 4);
  result["batch"] = test::pick(random, 1, 8);
  result["clock_mhz"] = static_cast<double>(test::pick(random, 1, 2)) * 500;
  const auto cores = result["cores"].get<Cycles>();
  const Cycles cycles = test::pick(random, 10'000, 90'000);
  Cycles rest = cycles * cores;
  for (auto& [cause, stall] : result["stalls"].items()) {
    stall = test::pick(random, 0, rest / 4);
    rest -= stall.get<Cycles>();
  }
  result["streaming_cycles"] = rest;
  result["cycles"] = cycles;
  result["time_s"] = static_cast<double>(cycles) / (result["clock_mhz"].get<double>() * 1e6);
  double total = 0;
  for (auto& [part, joules] : result["energy_j"].items()) {
    if (part == "total") continue;
    joules = static_cast<double>(test::pick(random, 0, 1000)) * 1e-9;
    total += joules.get<double>();
  }
  result["energy_j"]["total"] = total;
  return result;
}

std::size_t widest(const std::string& page) {
  std::size_t most = 0;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
  return most;
}

}  // namespace

TEST_CASE("The page of a fixed comparison is the golden page") {
  Json c = comparison(fixed_result(), faster_result());
  c["a"]["file"] = "before/result.json";
  c["b"]["file"] = "after";
  CHECK(test::golden_difference("sim/report/compare.txt", comparison_page(c, kComparedLayers)) ==
        "");
}

TEST_CASE("Causes add up to the difference of cycles x cores, parts to that of the energy") {
  check_sums(fixed_result(), faster_result());
  test::Random random(1);
  for (int draw = 0; draw < 200; ++draw) {
    INFO("draw " << draw);
    const Json a = random_result(random);
    const Json b = random_result(random);
    if (a.at("cycles") == b.at("cycles")) continue;
    check_sums(a, b);
    CHECK(widest(comparison_page(comparison(a, b), 100)) <= 100);
  }
}

TEST_CASE(
    "Only what differs in the set-up is told, options and precisions that both have are not") {
  Json a = fixed_result();
  Json b = fixed_result();
  CHECK(comparison(a, b).at("setup").empty());
  a["overrides"] = {"batch=8", "seed=2"};
  b["overrides"] = {"batch=8", "chip.tile.lanes=32"};
  b["array"]["lanes"] = 32;
  b["precision"] = {{"int4_fp4", {"s1.conv1"}}, {"fp8", {"s1.conv2"}}, {"fp16", {"conv1", "fc"}}};
  b.erase("baseline_fp16");
  const Json wanted = {{{"key", "array.lanes"}, {"a", 64}, {"b", 32}},
                       {{"key", "baseline_fp16.kind"}, {"a", "equal_area"}, {"b", nullptr}},
                       {{"key", "overrides"}, {"a", {"seed=2"}}, {"b", {"chip.tile.lanes=32"}}},
                       {{"key", "precision of s1.conv2"}, {"a", "int4_fp4"}, {"b", "fp8"}}};
  CHECK(comparison(a, b).at("setup") == wanted);
}

TEST_CASE(
    "Stages are matched by name and pass, in order, and told alone where they have no match") {
  const Json a = result_of({stage("x", "forward", 10, 0, 0), stage("x", "forward", 20, 0, 0),
                            stage("y", "dgrad", 5, 0, 0)});
  const Json b = result_of({stage("x", "forward", 10, 0, 0), stage("x", "forward", 29, 0, 0),
                            stage("x", "forward", 1, 0, 0), stage("z", "dgrad", 5, 0, 0)});
  const Json c = comparison(a, b);
  REQUIRE(c.at("layers").size() == 2);
  CHECK(c.at("layers")[0].at("a_cycles") == 20);
  CHECK(c.at("layers")[0].at("difference_cycles") == 9);
  CHECK(c.at("layers")[0].at("main_cause") == "streaming");
  CHECK(c.at("layers")[1].at("main_cause") == "none");
  CHECK(c.at("only_in_a") == Json({{{"name", "y"}, {"pass", "dgrad"}, {"cycles", 5}}}));
  CHECK(c.at("only_in_b") == Json({{{"name", "x"}, {"pass", "forward"}, {"cycles", 1}},
                                   {{"name", "z"}, {"pass", "dgrad"}, {"cycles", 5}}}));
  const std::string page = comparison_page(c, 8);
  CHECK(contains(page, "only in A: 1 stage, 5 cycles:\n    y dgrad\n"));
  CHECK(contains(c.at("words").get<std::string>(),
                 " 1 stage is in A alone. 2 stages are in B alone."));
}

TEST_CASE(
    "Layers that differ in a number alone are one entry, with the main cause of the difference") {
  const Json a =
      result_of({stage("b.0.fc", "wgrad", 10, 40, 5), stage("b.1.fc", "wgrad", 10, 40, 5),
                 stage("b.2.fc", "wgrad", 10, 41, 5), stage("top", "wgrad", 1, 0, 0)});
  const Json b =
      result_of({stage("b.0.fc", "wgrad", 12, 10, 8), stage("b.1.fc", "wgrad", 12, 10, 8),
                 stage("b.2.fc", "wgrad", 12, 10, 8), stage("top", "wgrad", 1, 9, 0)});
  const Json c = comparison(a, b);
  REQUIRE(c.at("layers").size() == 3);
  const Json& alike = c.at("layers")[0];
  CHECK(alike.at("name") == "b.*.fc");
  CHECK(alike.at("count") == 2);
  CHECK(alike.at("difference_cycles") == 2 * (30 - 55));
  CHECK(alike.at("main_cause") == "dram");
  CHECK(alike.at("main_cause_s").get<double>() == Approx(-60e-9));
  CHECK(c.at("layers")[2].at("name") == "top");
  CHECK(contains(c.at("words").get<std::string>(),
                 "dram (DMA moves data) takes 82.0 ns less, sfu (element-wise work) 9.00 ns more"));
  CHECK(contains(c.at("words").get<std::string>(), "is in b.*.fc wgrad x 2, by dram"));
  CHECK(contains(comparison_page(c, 1), "1 of 3 kinds of stages"));
}

TEST_CASE("Another batch is compared by the sample, other cores and clocks by time") {
  const Json a = result_of({stage("x", "forward", 1000, 0, 0)});
  Json b = result_of({stage("x", "forward", 4000, 0, 0)});
  b["batch"] = 8 * a.at("batch").get<int>();
  const Json c = comparison(a, b);
  CHECK(c.at("per_sample") == true);
  CHECK(c.at("headline").at("time_s_per_sample").at("ratio").get<double>() == Approx(0.5));
  CHECK(contains(c.at("words").get<std::string>(), "B is 2.00 times faster for an image"));
  CHECK(contains(comparison_page(c, 8), "The same as time for an image"));
  b["sample"] = "sequence";
  CHECK(
      contains(comparison(a, b).at("words").get<std::string>(), "2.00 times faster for a sample"));

  b = result_of({stage("x", "forward", 1000, 0, 0)});
  b["cores"] = 2;
  b["streaming_cycles"] = 2000;
  b["layers"][0]["streaming"] = 2000;
  b["clock_mhz"] = 2 * a.at("clock_mhz").get<double>();
  b["time_s"] = a.at("time_s").get<double>() / 2;
  const Json fast = comparison(a, b);
  CHECK(fast.at("per_sample") == false);
  CHECK(fast.at("same_cycles") == false);
  CHECK(fast.at("causes")[0].at("difference_cycles") == 1000);
  CHECK(fast.at("causes")[0].at("difference_s").get<double>() == Approx(-0.5e-6));
  CHECK(fast.at("layers")[0].at("difference_cycles") == 0);
  CHECK(fast.at("layers")[0].at("main_cause_s").get<double>() == Approx(-0.5e-6));
}

TEST_CASE("Two equal results have nothing to tell") {
  const Json c = comparison(fixed_result(), fixed_result());
  CHECK(c.at("causes")[0].at("share_of_cycles").is_null());
  CHECK(c.at("words") == "Both take the same time. Energy is the same.");
  const std::string page = comparison_page(c, 8);
  CHECK(contains(page, "nothing that the results record"));
  CHECK(contains(page, "All layers take the same cycles"));
}

}  // namespace nibble
