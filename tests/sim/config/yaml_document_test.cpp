#include "sim/config/yaml_document.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/sim/config/fault_text.h"

using nibble::parse_override;
using nibble::YamlDocument;
using nibble::YamlOverride;

namespace {

std::string fault_in(const std::string& text) {
  return nibble::fault_text([&] { YamlDocument::parse(text, "f.yaml", {}); });
}

std::string fault_of_file(const std::string& file) {
  return nibble::fault_text([&] { YamlDocument::load(file, {}); });
}

std::vector<YamlOverride> overrides(const std::vector<std::string>& texts) {
  std::vector<YamlOverride> list;
  list.reserve(texts.size());
  for (const std::string& text : texts) list.push_back(parse_override(text));
  return list;
}

std::string fault_of_override(const std::string& text) {
  return nibble::fault_text([&] {
    YamlDocument::parse("a: 1\nlist: [1, 2]\nmap: {b: 2}\nnone: []\n", "f.yaml", overrides({text}));
  });
}

}  // namespace

TEST_CASE("A text that is no single YAML map is refused where the fault stands") {
  const std::string map = "allowed is a YAML map of keys";
  const std::pair<std::string, std::string> cases[] = {
      {"", "f.yaml: is empty, " + map},
      {"# nothing\n\n", "f.yaml: is empty, " + map},
      {"~\n", "f.yaml: is empty, " + map},
      {"- 1\n- 2\n", "f.yaml: is not a map, " + map},
      {"word\n", "f.yaml: is not a map, " + map},
      {"a: 1\n---\nb: 2\n", "f.yaml: holds more than one YAML document, allowed is one"},
      {"a: [1, 2\n", "f.yaml:2:1: is not YAML: end of sequence flow not found, " + map},
      {"a: 1\n b: 2\n", "f.yaml:2:3: is not YAML: illegal map value, " + map},
      {"a: 1\nb: &x 2\nc: *x\n",
       "f.yaml:3:4: is an alias, allowed is the value itself, or quoted: \"*.conv3\""},
      {"a: {*.c: 1}\n",
       "f.yaml:1:5: is an alias without a value, allowed is the value itself, or quoted: "
       "\"*.conv3\""},
      {"a: 1\nb: !!int 2\n",
       "f.yaml:2:4: has the tag tag:yaml.org,2002:int, allowed is a value without a tag"},
      {"a: !secret [2]\n", "f.yaml:1:4: has the tag !secret, allowed is a value without a tag"},
      {"[1, 2]: 3\n", "f.yaml:1:1: has a key that is no word, allowed are plain words as keys"},
  };
  for (const auto& [text, fault] : cases) CHECK(fault_in(text) == fault);
}

TEST_CASE("A key given twice is refused at any depth") {
  CHECK(fault_in("a: 1\nb: 2\na: 3\n") ==
        "f.yaml:3:1: a: is given twice (first on line 1), allowed is once");
  CHECK(fault_in("list:\n  - {x: 1}\n  - {x: 1,\n     x: 2}\n") ==
        "f.yaml:4:6: list[1].x: is given twice (first on line 3), allowed is once");
}

TEST_CASE("Nesting without end is refused, not followed") {
  CHECK_THAT(fault_in("a: " + std::string(100'000, '[')), Catch::Matchers::Contains("is not YAML"));
}

TEST_CASE("A file that cannot be read is refused with its reason") {
  const std::string allowed = "allowed is a readable YAML file";
  CHECK(fault_of_file("no/such.yaml") ==
        "no/such.yaml: cannot be read (No such file or directory), " + allowed);
  const std::string directory = std::filesystem::temp_directory_path().string();
  CHECK(fault_of_file(directory) == directory + ": is a directory, " + allowed);
  CHECK(fault_of_file("/dev/zero") == "/dev/zero: is over 16 MiB, " + allowed);
  CHECK(fault_of_file("/dev/null") == "/dev/null: is empty, allowed is a YAML map of keys");
}

TEST_CASE("An override replaces a value at any depth and in lists") {
  const auto document =
      YamlDocument::parse("a: 1\nlist: [{x: 1}, {x: 2}]\nmap: {b: 2}\n", "f.yaml",
                          overrides({"a=7", "list.1.x=8", "map.b=[1, 2]", "new=x=y", "deep.er=9"}));
  const YAML::Node& root = document.root();
  CHECK(root["a"].Scalar() == "7");
  CHECK(root["list"][0]["x"].Scalar() == "1");
  CHECK(root["list"][1]["x"].Scalar() == "8");
  CHECK(root["map"]["b"].size() == 2);
  CHECK(root["new"].Scalar() == "x=y");
  CHECK(root["deep"]["er"].Scalar() == "9");
}

TEST_CASE("A key in double quotes may hold dots") {
  const nibble::YamlOverride change = parse_override("layers.\"s2.conv1\".kernel=3");
  CHECK(change.path == std::vector<std::string>{"layers", "s2.conv1", "kernel"});
  CHECK(change.value == "3");
  for (const char* text : {"layers.\"s2.conv1=3", "\"\"=3", "a.\"\".b=3"}) {
    CHECK_THROWS_WITH(parse_override(text), Catch::Contains("is not an override"));
  }
}

TEST_CASE("Reading a file again gives what it says now, whatever was read of it before") {
  const auto read = [](const std::string& text, const std::vector<YamlOverride>& overrides) {
    return YamlDocument::parse(text, "again.yaml", overrides).dump();
  };
  const std::string first = "a: 1\nb: {c: 2}", second = "a: 1\nb: {c: 3}  # more";
  CHECK(read(first, {}) == first);
  CHECK(read(first, {parse_override("b.c=7"), parse_override("b.d=8")}) == "a: 1\nb: {c: 7, d: 8}");
  CHECK(read(first, {}) == first);
  CHECK(read(second, {}) == "a: 1\nb: {c: 3}");
  CHECK(read(first, {}) == first);
  CHECK_THROWS_AS(read("a: [", {}), nibble::BadInput);
  CHECK_THROWS_AS(read("a: [", {}), nibble::BadInput);
  CHECK(read(first, {}) == first);
}

TEST_CASE("The last of two overrides of a key wins") {
  const auto document = YamlDocument::parse("a: 1\n", "f.yaml", overrides({"a=2", "a=3"}));
  CHECK(document.root()["a"].Scalar() == "3");
  CHECK(document.place("a", document.root()["a"]).file == "--set a=3");
}

TEST_CASE("A value knows whether the file or an override put it there") {
  const auto document = YamlDocument::parse("a: 1\nab: 2\nmap:\n  b: 3\n", "f.yaml",
                                            overrides({"a=7", "map.c=1", "deep.er=9"}));
  const YAML::Node& root = document.root();
  CHECK(document.place("a", root["a"]).file == "--set a=7");
  CHECK(document.place("a", root["a"]).line == 0);
  CHECK(document.place("ab", root["ab"]).file == "f.yaml");
  CHECK(document.place("ab", root["ab"]).line == 2);
  CHECK(document.place("map", root["map"]).file == "f.yaml");
  CHECK(document.place("map.b", root["map"]["b"]).line == 4);
  CHECK(document.place("map.b", root["map"]["b"]).column == 6);
  CHECK(document.place("map.c", root["map"]["c"]).file == "--set map.c=1");
  CHECK(document.place("deep", root["deep"]).file == "--set deep.er=9");
}

TEST_CASE("What lies below an overridden value was put there by the override") {
  const auto document =
      YamlDocument::parse("list: [1, 2]\nlister: 3\n", "f.yaml", overrides({"list=[7, 8]"}));
  const YAML::Node& root = document.root();
  CHECK(document.place("list[1]", root["list"][1]).file == "--set list=[7, 8]");
  CHECK(document.place("lister", root["lister"]).file == "f.yaml");
}

TEST_CASE("An override that fits nowhere is refused and named") {
  const std::string form = ": is not an override, allowed is KEY.KEY=VALUE";
  const std::pair<std::string, std::string> cases[] = {
      {"a", "--set a" + form},
      {"=1", "--set =1" + form},
      {"a=", "--set a=" + form},
      {"a..b=1", "--set a..b=1" + form},
      {".a=1", "--set .a=1" + form},
      {"a.b=1",
       "--set a.b=1: a: is a value, without a key b below it, allowed is a path to a value"},
      {"list.2=1", "--set list.2=1: list: has no item 2, allowed are positions 0 to 1"},
      {"list.x=1", "--set list.x=1: list: has no item x, allowed are positions 0 to 1"},
      {"list.-1=1", "--set list.-1=1: list: has no item -1, allowed are positions 0 to 1"},
      {"none.0=1", "--set none.0=1: none: has no item 0, the list is empty"},
      {"a={b: 1}", "--set a={b: 1}: does not set a value, allowed is a number, a word or a [list]"},
      {"a=[1",
       "--set a=[1: is not YAML: end of sequence flow not found, allowed is a number, a word or a "
       "[list]"},
  };
  for (const auto& [text, fault] : cases) CHECK(fault_of_override(text) == fault);
}

TEST_CASE("Overrides for another file are handed on without their first key") {
  const auto all = overrides({"chip.clock_mhz=800", "seed=1", "chip.dram.channels=2", "chip=edge"});
  const auto chip = nibble::overrides_under(all, "chip");
  REQUIRE(chip.size() == 2);
  CHECK(chip[0].path == std::vector<std::string>{"clock_mhz"});
  CHECK(chip[0].text == "--set chip.clock_mhz=800");
  CHECK(chip[1].path == std::vector<std::string>{"dram", "channels"});
}
