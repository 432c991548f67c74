#include "sim/config/yaml_reader.h"

#include <functional>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/sim/config/fault_text.h"

using nibble::YamlList;
using nibble::YamlMap;

namespace {

enum class Engine { rtl, model };
constexpr nibble::Named<Engine> kEngines[] = {{"rtl", Engine::rtl}, {"model", Engine::model}};

/// The fault of reading `key: VALUE` on line 2.
std::string fault_of(const std::string& value, const std::function<void(const YamlMap&)>& read) {
  return nibble::fault_text(
      [&] { read(YamlMap::parse("first: 1\nkey: " + value + "\n", "f.yaml")); });
}

}  // namespace

TEST_CASE("Every kind of value is read as written") {
  const YamlMap map = YamlMap::parse(
      "whole: -12\nplus: +5\nreal: 1.5e-3\nwhole_real: 4\nword: a b\nquoted: \"17\"\n"
      "yes: true\nno: false\nengine: model\nmap: {x: 3}\nlist: [1, 2.5, word, {x: 4}]\n",
      "f.yaml");
  CHECK(map.integer("whole", -12, -12) == -12);
  CHECK(map.integer("plus", 0, 9) == 5);
  CHECK(map.number("real", 0, 1) == 1.5e-3);
  CHECK(map.number("whole_real", 0, 4) == 4.0);
  CHECK(map.string("word") == "a b");
  CHECK(map.string("quoted") == "17");
  CHECK(map.boolean("yes"));
  CHECK_FALSE(map.boolean("no"));
  CHECK(map.one_of<Engine>("engine", kEngines) == Engine::model);
  CHECK(map.map("map").integer("x", 0, 9) == 3);
  const YamlList list = map.list("list");
  CHECK(list.size() == 4);
  CHECK(list.integer(0, 1, 1) == 1);
  CHECK(list.number(1, 0, 9) == 2.5);
  CHECK(list.string(2) == "word");
  CHECK(list.map(3).integer("x", 0, 9) == 4);
  CHECK_NOTHROW(map.finish());
}

TEST_CASE("A key that is not given takes its default, one that is given is checked") {
  const YamlMap map = YamlMap::parse("a: 1\n", "f.yaml");
  CHECK(map.integer_or("a", 9, 0, 5) == 1);
  CHECK(map.integer_or("b", 9, 0, 5) == 9);
  CHECK(map.number_or("c", 2.5, 0, 1) == 2.5);
  CHECK(map.string_or("d", "x") == "x");
  CHECK(map.boolean_or("e", true));
  CHECK(map.one_of_or<Engine>("f", Engine::model, kEngines) == Engine::model);
  CHECK_FALSE(map.optional_map("g").has_value());
  CHECK_FALSE(map.optional_list("h").has_value());
  CHECK(nibble::fault_text([&] { (void)map.integer_or("a", 9, 2, 5); }) ==
        "f.yaml:1:4: a: 1 is out of range, allowed is a whole number from 2 to 5");
}

TEST_CASE("A whole number outside its bounds or of another kind is refused") {
  const std::string allowed = ", allowed is a whole number from 1 to 64";
  const std::pair<std::string, std::string> cases[] = {
      {"0", "0 is out of range"},
      {"65", "65 is out of range"},
      {"-5", "-5 is out of range"},
      {"99999999999999999999", "99999999999999999999 is out of range"},
      {"-99999999999999999999", "-99999999999999999999 is out of range"},
      {"1.0", "1.0 is not a whole number"},
      {"1e1", "1e1 is not a whole number"},
      {"0x10", "0x10 is not a whole number"},
      {"1_0", "1_0 is not a whole number"},
      {"+-1", "+-1 is not a whole number"},
      {"many", "many is not a whole number"},
      {"\"8\"", "\"8\" is not a whole number"},
      {"[1]", "a list is not a whole number"},
      {"{a: 1}", "a map is not a whole number"},
      {std::string(50, 'x'), std::string(40, 'x') + "... is not a whole number"},
  };
  for (const auto& [value, fault] : cases) {
    const std::string text = fault_of(value, [](const YamlMap& map) { map.integer("key", 1, 64); });
    CHECK(text == std::string("f.yaml:2:6: key: ").append(fault).append(allowed));
  }
}

TEST_CASE("A number outside its bounds or of another kind is refused") {
  const std::string allowed = ", allowed is a number from 0 to 1.5";
  const std::pair<std::string, std::string> cases[] = {
      {"1.6", "1.6 is out of range"},     {"-0.1", "-0.1 is out of range"},
      {".nan", ".nan is not a number"},   {"nan", "nan is not a number"},
      {"inf", "inf is not a number"},     {"1e999", "1e999 is not a number"},
      {"1,5", "1,5 is not a number"},     {"1.5 V", "1.5 V is not a number"},
      {"\"1\"", "\"1\" is not a number"},
  };
  for (const auto& [value, fault] : cases) {
    CHECK(fault_of(value, [](const YamlMap& map) { map.number("key", 0, 1.5); }) ==
          std::string("f.yaml:2:6: key: ").append(fault).append(allowed));
  }
}

TEST_CASE("Only true and false are booleans") {
  for (const std::string value : {"yes", "on", "True", "1", "\"true\""}) {
    CHECK(fault_of(value, [](const YamlMap& map) { map.boolean("key"); }) ==
          "f.yaml:2:6: key: " + value + " is neither true nor false, allowed are true and false");
  }
}

TEST_CASE("A word outside its list is refused with the nearest one") {
  const auto read = [](const YamlMap& map) { map.one_of<Engine>("key", kEngines); };
  CHECK(fault_of("modle", read) ==
        "f.yaml:2:6: key: unknown value modle (did you mean model?), allowed are rtl, model");
  CHECK(fault_of("hardware", read) ==
        "f.yaml:2:6: key: unknown value hardware, allowed are rtl, model");
  CHECK(fault_of("[rtl]", read) == "f.yaml:2:6: key: a list is not a word, allowed is a text");
  CHECK(fault_of("\"\"", read) ==
        "f.yaml:2:6: key: an empty text is not a word, allowed is a text");
}

TEST_CASE("A map or list of another kind is refused") {
  CHECK(fault_of("1", [](const YamlMap& map) { map.map("key"); }) ==
        "f.yaml:2:6: key: is not a map, allowed is {KEY: VALUE, ...}");
  CHECK(fault_of("{a: 1}", [](const YamlMap& map) { map.list("key"); }) ==
        "f.yaml:2:6: key: is not a list, allowed is [ITEM, ...]");
  CHECK(fault_of("[1, x]", [](const YamlMap& map) { (void)map.list("key").integer(1, 0, 9); }) ==
        "f.yaml:2:10: key[1]: x is not a whole number, allowed is a whole number from 0 to 9");
  CHECK(fault_of("[1, x]", [](const YamlMap& map) { (void)map.list("key").map(0); }) ==
        "f.yaml:2:7: key[0]: is not a map, allowed is {KEY: VALUE, ...}");
}

TEST_CASE("A missing key is refused at the map that lacks it") {
  const YamlMap map = YamlMap::parse("a: 1\ndram:\n  kind: x\n", "f.yaml");
  CHECK(nibble::fault_text([&] { map.integer("lanes", 1, 64); }) ==
        "f.yaml:1:1: lanes: is missing, allowed is a whole number from 1 to 64");
  CHECK(nibble::fault_text([&] { map.map("dram").boolean("ecc"); }) ==
        "f.yaml:3:3: dram.ecc: is missing, allowed are true and false");
  CHECK(nibble::fault_text([&] { map.one_of<Engine>("engine", kEngines); }) ==
        "f.yaml:1:1: engine: is missing, allowed are rtl, model");
}

TEST_CASE("A key without a value is refused on its own line") {
  CHECK(fault_of("\nnext: 1", [](const YamlMap& map) { map.integer("key", 1, 64); }) ==
        "f.yaml:2:1: key: is empty, allowed is a whole number from 1 to 64");
  CHECK(fault_of("~", [](const YamlMap& map) { map.map("key"); }) ==
        "f.yaml:2:1: key: is empty, allowed is a map");
}

TEST_CASE("finish refuses a key that nobody asked for, at any depth") {
  const YamlMap map = YamlMap::parse("lanes: 1\nclok: 2\n", "f.yaml");
  (void)map.integer("lanes", 0, 9);
  CHECK_FALSE(map.has("clock"));
  CHECK(nibble::fault_text([&] { map.finish(); }) ==
        "f.yaml:2:1: clok: unknown key (did you mean clock?), allowed are lanes, clock");

  const YamlMap deep = YamlMap::parse("list:\n  - {x: 1}\n  - {x: 1, y: 2}\n", "f.yaml");
  const YamlList list = deep.list("list");
  (void)list.map(0).integer("x", 0, 9);
  (void)list.map(1).integer("x", 0, 9);
  CHECK(nibble::fault_text([&] { deep.finish(); }) ==
        "f.yaml:3:12: list[1].y: unknown key, allowed is x");
}

TEST_CASE("Asking whether a key is there does not count as reading it") {
  const YamlMap map = YamlMap::parse("a: 1\n", "f.yaml");
  CHECK(map.has("a"));
  CHECK_THROWS_AS(map.finish(), nibble::BadInput);
}

TEST_CASE("A fault in an overridden value names the override") {
  const YamlMap map = YamlMap::parse(
      "a: 1\n", "f.yaml", {nibble::parse_override("a=-1"), nibble::parse_override("b.c=2")});
  CHECK(nibble::fault_text([&] { map.integer("a", 0, 9); }) ==
        "--set a=-1: a: -1 is out of range, allowed is a whole number from 0 to 9");
  CHECK(nibble::fault_text([&] { map.finish(); }) == "--set b.c=2: b: unknown key, allowed is a");
}

TEST_CASE("What is allowed is said without bounds that do not bound") {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  const auto fault = [](std::int64_t min, std::int64_t max) {
    return fault_of("x", [=](const YamlMap& map) { map.integer("key", min, max); });
  };
  const std::string start = "f.yaml:2:6: key: x is not a whole number, ";
  CHECK(fault(kLow, kHigh) == start + "allowed is a whole number");
  CHECK(fault(1, kHigh) == start + "allowed is a whole number of at least 1");
  CHECK(fault(kLow, 1) == start + "allowed is a whole number of at most 1");
  CHECK(fault(64, 64) == start + "allowed is 64");
}

TEST_CASE("A caller's own fault is placed at its key") {
  const YamlMap map = YamlMap::parse("a: 1\nmap:\n  lanes: 65\n", "f.yaml");
  CHECK(map.map("map").error("lanes", "65 is odd", "allowed are even numbers").what() ==
        std::string("f.yaml:3:10: map.lanes: 65 is odd, allowed are even numbers"));
  CHECK(map.map("map").error("", "does not fit").what() ==
        std::string("f.yaml:3:3: map: does not fit"));
  CHECK(map.error("", "does not fit").what() == std::string("f.yaml:1:1: does not fit"));
}
