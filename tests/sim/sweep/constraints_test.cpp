// How far figures are outside their bounds.
#include "sim/sweep/constraints.h"

#include <limits>

#include <catch2/catch.hpp>

#include "sim/sweep/figures.h"

namespace nibble {

TEST_CASE("What a constraint is broken by is a share of the bound, added up over constraints") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Json figures = {{"area_mm2", {{"total", 30.0}}}, {"time_s", 0.5}, {"name", "edge"}};
  const auto bounds = [](const char* key, double least, double most) {
    return Constraint{key, least, most, {"made_up.yaml", 3, 2}};
  };
  CHECK(excess(bounds("area_mm2.total", -kInfinity, 30), figures) == 0.0);
  CHECK(excess(bounds("area_mm2.total", -kInfinity, 20), figures) == 0.5);
  CHECK(excess(bounds("area_mm2.total", 40, kInfinity), figures) == 0.25);
  CHECK(excess(bounds("time_s", -kInfinity, 0), figures) == 0.5);  // of nothing: the distance
  CHECK(excess(bounds("time_s", -2, -1), figures) == 1.5);
  CHECK(!excess(bounds("name", 0, 1), figures));
  CHECK(!excess(bounds("area_mm2", 0, 1), figures));
  const std::vector<Constraint> some{bounds("area_mm2.total", 0, 20), bounds("time_s", 1, 2),
                                     bounds("formats.fp16.peak_tops", 1, 2)};  // of the chip alone
  CHECK(violation(some, figures) == 1.0);
  CHECK(violation_beforehand(some, figures) == 1.0);
  CHECK(broken({bounds("area_mm2.total", 0, 20), bounds("time_s", 0, 1), bounds("time_s", 1, 2)},
               figures) == std::vector<std::size_t>{0, 2});
  CHECK(broken({bounds("time_s", 1, 2)}, Json()).empty());  // a point that failed
  CHECK(
      std::string(
          unknown_figure(bounds("time", 0, 1).place, "constraints.key", "time", figures).what()) ==
      "made_up.yaml:3:2: constraints.key: unknown figure time (did you mean time_s?), allowed are "
      "the numbers of result.json");
}

TEST_CASE("A result that lacks a bounded figure is outside, further than any that has it") {
  const Constraint gain{"speedup_vs_fp16", 2, 1e9, {"made_up.yaml", 3, 2}};
  const Json without = {{"time_s", 0.5}}, slow = {{"time_s", 0.5}, {"speedup_vs_fp16", 1e-9}};
  CHECK(violation({gain}, slow) == Approx(1));
  CHECK(violation({gain}, without) > 1e300);
  CHECK(broken({gain}, without) == std::vector<std::size_t>{0});
  CHECK(violation_beforehand({gain}, without) == 0);  // it may still come
}

}  // namespace nibble
