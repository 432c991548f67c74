#include "sim/driver/validate.h"

#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "sim/driver/validate/table.h"

namespace nibble {
namespace {

struct Unit {
  std::string name;
  std::int64_t cases = 0;
};

/// The table's names and cases, without head, sum and closing line, after a run without mismatch.
std::vector<Unit> validated_units(const ValidateOptions& options) {
  std::ostringstream out;
  const int exit_code = run_validate(options, out);
  INFO(out.str());
  REQUIRE(exit_code == 0);
  CHECK(out.str().find("the RTL, the reference math and exact arithmetic agree") !=
        std::string::npos);
  std::istringstream lines(out.str());
  std::vector<Unit> units;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("unit ", 0) == 0) continue;
    if (line.rfind("all ", 0) == 0) return units;
    std::string cases = line.substr(44);
    cases.erase(std::remove(cases.begin(), cases.end(), ','), cases.end());
    std::string name = line.substr(0, 44);
    name.erase(name.find_last_not_of(' ') + 1);
    units.push_back({name, std::stoll(cases)});
  }
  FAIL("the table has no sum");
  return units;
}

/// Every unit of the array, and the cases that a full run must check at least: all operand pairs in
/// all modes of the tiles' 16 + 32 + 64 lanes, 10^7 chunk sums, 10^6 random cases of adder and
/// multiply-add, every fp16 input of each quantiser.
const std::vector<Unit> kLeastCases = {
    {"multiplier, all pairs, modes and lanes", 16 * 16 * 8 * (16 + 32 + 64)},
    {"chunk rounder, every sum", 10'000'000},
    {"accumulator adder", 1'000'000},
    {"FP16 fused multiply-add", 1'000'000},
    {"rounder binary32 to fp16", 1'000'000},
    {"quantiser fp4, every input", 65'536},
    {"quantiser u4 (PACT), every input", 65'536},
    {"quantiser s4 from fp16, every input", 65'536},
    {"quantiser s4 from binary32 (SAWB)", 65'536},
    {"4-bit 16x16 tile, every clock", 60'000},
    {"4-bit 32x32 tile, every clock", 60'000},
    {"4-bit 64x64 tile, every clock", 60'000},
    {"FP16 16x4 tile, every clock", 60'000},
    {"FP16 16x16 tile, every clock", 60'000},
    {"FP16 64x2 tile, every clock", 60'000},
    {"FP16 64x9 tile, every clock", 60'000},
    {"FP16 64x16 tile, every clock", 60'000},
    {"4-bit 16x16 tile, commands", 1'000},
    {"4-bit 32x32 tile, commands", 1'000},
    {"4-bit 64x64 tile, commands", 1'000},
    {"FP16 16x4 tile, commands", 1'000},
    {"FP16 16x16 tile, commands", 1'000},
    {"FP16 64x2 tile, commands", 1'000},
    {"FP16 64x9 tile, commands", 1'000},
    {"FP16 64x16 tile, commands", 1'000},
    {"128x128 array of four tiles, every clock", 60'000}};

TEST_CASE("The RTL, the reference math and exact arithmetic agree, quickly and on every unit") {
  ValidateOptions options;
  options.seed = 20;
  for (const bool quick : {false, true}) {
    options.quick = quick;
    const std::vector<Unit> units = validated_units(options);
    REQUIRE(units.size() == kLeastCases.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      CHECK(units[i].name == kLeastCases[i].name);
      INFO(units[i].name);
      CHECK(units[i].cases >= (quick ? 1 : kLeastCases[i].cases));
    }
  }
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
