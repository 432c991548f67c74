#include "sim/driver/validate.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "sim/driver/validate/table.h"

namespace nibble {
namespace {

/// The table's first column, without the closing line, after a run that found no mismatch.
std::vector<std::string> validated_units(const ValidateOptions& options) {
  std::ostringstream out;
  const int exit_code = run_validate(options, out);
  INFO(out.str());
  REQUIRE(exit_code == 0);
  CHECK(out.str().find("the RTL, the reference math and exact arithmetic agree") !=
        std::string::npos);
  std::istringstream lines(out.str());
  std::vector<std::string> units;
  for (std::string line; std::getline(lines, line);) units.push_back(line.substr(0, 44));
  units.pop_back();
  return units;
}

TEST_CASE("The RTL, the reference math and exact arithmetic agree, quickly and on every unit") {
  ValidateOptions options;
  options.seed = 20;
  const std::vector<std::string> units = validated_units(options);
  CHECK(units.size() > 20);
  options.quick = true;
  CHECK(validated_units(options) == units);
}

TEST_CASE("A table shows a unit's first mismatches and is not good") {
  std::ostringstream out;
  ValidationTable table(out);
  table.run("a good unit", [](UnitCheck& check) { check.expect(true, [] { return "no"; }); });
  table.run("a bad unit", [](UnitCheck& check) {
    for (int i = 0; i < 1234; ++i) {
      check.expect(i % 2 == 0, [&] { return "case " + std::to_string(i); });
    }
  });
  CHECK_FALSE(table.finish());
  const std::string text = out.str();
  CHECK(text.find("1,234         617") != std::string::npos);
  CHECK(text.find("    case 9\n") != std::string::npos);
  CHECK(text.find("case 11") == std::string::npos);
  CHECK(text.find("1,235         617") != std::string::npos);
}

}  // namespace
}  // namespace nibble
