// The pages of `nibblesim describe` as golden texts, and their width for other chips.
#include "sim/report/description.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "tests/sim/support/golden.h"
#include "tests/sim/support/read_chip.h"

namespace nibble {

using namespace test;

namespace {

std::size_t widest(const std::string& page) {
  std::size_t most = 0;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
  return most;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The descriptions of edge and server are the golden pages") {
  for (const char* chip : {"edge", "server"}) {
    const std::string golden = std::string("sim/report/describe_") + chip + ".txt";
    CHECK(golden_difference(golden, description_page(facts_of(chip))) == "");
  }
}

TEST_CASE("A description keeps to 100 columns, whatever the chip") {
  for (const char* chip : {"edge", "rapid", "server", "density"}) {
    INFO(chip);
    CHECK(widest(description_page(facts_of(chip))) <= 100);
  }
  const std::vector<std::string> large{"tile.lanes=256",
                                       "tile.columns=256",
                                       "tile.accumulator_rows=65536",
                                       "cores=256",
                                       "ring.memory_stops=256",
                                       "clock_mhz=2500",
                                       "scratchpad.kib=65536",
                                       "scratchpad.stream_buffer_kib=65536",
                                       "scratchpad.bytes_per_cycle=65536",
                                       "tile.count=8",
                                       "sfu.lanes=4096",
                                       "dma.bytes_per_cycle=4096",
                                       "dma.outstanding=64",
                                       "dma.descriptor_bytes=65536",
                                       "link.workers=65536",
                                       "ring.bytes_per_cycle=4096"};
  const std::string page = description_page(facts_of("server", large));
  CHECK(widest(page) <= 100);
}

TEST_CASE("What a chip has not is not on its page") {
  const std::string edge = description_page(facts_of("edge"));
  CHECK(!contains(edge, "ring"));
  CHECK(!contains(edge, "to other chips"));
  CHECK(!contains(edge, "ASSUMED, in the words"));  // nobody said what its files guess
  const std::string density = description_page(facts_of("density"));
  CHECK(contains(density, "WHAT IF: arrays always compute at their peak rate"));
  CHECK(!contains(density, "Rows for 90 %"));
  Json facts = facts_of("edge");
  facts["assumed"] = {{{"file", "f.yaml"}, {"key", "a.b"}, {"reason", std::string(99, 'x')}}};
  facts["overrides"] = {"tile.lanes=64"};
  const std::string page = description_page(facts);
  CHECK(contains(page, "\n--set tile.lanes=64\n"));
  CHECK(contains(page, "\n  f.yaml\n    a.b"));
  CHECK(widest(page) <= 100);
}

TEST_CASE("A chip without an FP16 tile has no peaks in FP16, and neither page nor facts fail") {
  ChipConfig chip = chip_of("edge");
  chip.fp16_tile.reset();
  const Json facts = chip_facts(chip, table_of(chip));
  CHECK(facts.at("formats").size() == 1);
  CHECK(facts.at("array").at("fp16_tile_fmas") == 0);
  CHECK(!contains(description_page(facts), "FP16 tile"));
}

}  // namespace nibble
