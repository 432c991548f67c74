// Figures of a result by dotted names.
#include "sim/sweep/figures.h"

#include <catch2/catch.hpp>

namespace nibble {

TEST_CASE("A figure is found by its dotted name, and only a number is one") {
  const Json result = Json::parse(
      R"({"a": 1, "b": {"c": 2.5, "d": {"e": -3}}, "words": "x", "none": null, "list": [1], "yes": true})");
  CHECK(figure(result, "a") == 1);
  CHECK(figure(result, "b.c") == 2.5);
  CHECK(figure(result, "b.d.e") == -3);
  for (const char* none :
       {"", "b", "b.", "b.x", "a.x", "c", "words", "none", "list", "yes", ".a"}) {
    INFO(none);
    CHECK(!figure(result, none));
  }
}

TEST_CASE("A figure in seconds, joules or watts has its unit, a rate and all others have none") {
  CHECK(figure_text("time_s", 0.0428) == "42.8 ms");
  CHECK(figure_text("epoch.baseline_fp16.time_s", 7200) == "7.20 ks");
  CHECK(figure_text("energy_j.total", 0.06699) == "67.0 mJ");
  CHECK(figure_text("average_power_w", 1.5) == "1.50 W");
  CHECK(figure_text("steps_per_s", 23.364) == "23.36");
  CHECK(figure_text("tops_per_w", 12.3456) == "12.35");
  CHECK(figure_text("area_mm2.total", 5.4321) == "5.432");
  CHECK(figure_text("speedup_vs_fp16", 3) == "3");
}

TEST_CASE("All figures come in order, lists and what is null are left out") {
  const Json result =
      Json::parse(R"({"z": 1, "b": {"c": "word", "d": {"e": false}}, "none": null, "list": [1]})");
  const std::vector<std::pair<std::string, Json>> wanted{
      {"z", 1}, {"b.c", "word"}, {"b.d.e", false}};
  CHECK(figures(result) == wanted);
  CHECK(number_names(result) == std::vector<std::string>{"z"});
}

}  // namespace nibble
