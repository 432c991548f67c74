// The stand-alone trace driver: its format, its pace, its answers.
#include "sim/dram/dram_trace.h"

#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

DramTraceResult run(const std::string& text, const std::string& name = "ddr4_3200") {
  std::istringstream trace(text);
  return run_dram_trace(trace, "trace.txt", DramConfig(preset(name)));
}

std::string refusal(const std::string& text) {
  try {
    run(text);
  } catch (const BadInput& bad) {
    return bad.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A trace of one read takes the idle latency, from its cycle on") {
  CHECK(run("R 0\n").last_read_clock == 48);
  CHECK(run("R 0x1f40 1000").last_read_clock == 1048);
  CHECK(run("# nothing\n\n").last_data_clock == 0);
  const DramTraceResult write = run("  W  0040  # a comment\r\n");
  CHECK(write.last_read_clock == 0);
  CHECK(write.last_data_clock == 22 + 16 + 4);
  CHECK(write.writes == 1);
}

TEST_CASE("Requests without a cycle are accepted one a clock as long as the queues have room") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "R 0\n";  // one row: hits at tCCD_L after the first
  const DramTraceResult r = run(text);
  CHECK(r.reads == 40);
  CHECK(r.statistics.row_hits == 39);
  CHECK(r.last_read_clock == 48 + 39 * 8);
  // The first 34 come at clocks 0 to 33: two columns (22, 30) made room before clock 33. From then
  // on each waits for the column command that makes its room.
  double latencies = 0;
  for (int i = 0; i < 40; ++i) {
    const int room = i < 32 ? i : std::max(i, 22 + 8 * (i - 32) + 1);
    latencies += 48 + 8 * i - room;
  }
  CHECK(r.mean_read_latency_clocks == Approx(latencies / 40));
}

TEST_CASE("A request of 64 bytes is as many bursts as the memory needs") {
  const DramTraceResult r = run("R 0\nW 100000\nR 40\n", "lpddr5_6400");
  CHECK(r.statistics.bytes_read == 128);
  CHECK(r.statistics.bytes_written == 64);
  CHECK(r.statistics.count(DramCommandKind::read) == 4);
}

TEST_CASE("A trace run is the channel's own schedule of the accepted requests") {
  std::mt19937 rng(5);
  std::string text;
  long cycle = 0;
  std::vector<Offer> offers;
  for (int i = 0; i < 3000; ++i) {
    cycle += 12 + static_cast<long>(rng() % 40);  // slow enough never to fill a queue
    const long burst = static_cast<long>(rng() % 100'000);
    const bool write = rng() % 3 == 0;
    std::ostringstream line;
    line << (write ? "W " : "R ") << std::hex << burst * 64 << std::dec << " " << cycle << "\n";
    text += line.str();
    offers.push_back({cycle, write ? Access::write : Access::read, burst, 1});
  }
  DramParameters p = preset("ddr4_3200");
  p.write_completion = WriteCompletion::written;
  const DramTraceResult r = run(text);
  const EngineOutcome direct = run_engine(p, offers, r.last_data_clock + 1);
  long last_read = 0, last = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (offers[i].access == Access::read) last_read = std::max(last_read, direct.finish[i]);
    last = std::max(last, direct.finish[i]);
  }
  CHECK(r.last_read_clock == last_read);
  CHECK(r.last_data_clock == last);
  CHECK(r.statistics.row_hits == direct.statistics.row_hits);
}

TEST_CASE("A bad line of a trace is named with its place") {
  CHECK(refusal("R 0\nX 40\n") == "trace.txt:2:1: request: is X, allowed are R and W");
  CHECK_THAT(refusal("R\n"), Catch::StartsWith("trace.txt:1:2: address: is missing"));
  CHECK_THAT(refusal("R 12g4\n"), Catch::StartsWith("trace.txt:1:3: address: is 12g4"));
  CHECK_THAT(refusal("R -40\n"), Catch::StartsWith("trace.txt:1:3: address: is -40"));
  CHECK_THAT(refusal("R 1ffffffc1\n"), Catch::StartsWith("trace.txt:1:3: address"));
  CHECK(refusal("R 1ffffffc0\n") == "accepted");
  CHECK_THAT(refusal("W 40 1e3\n"), Catch::StartsWith("trace.txt:1:6: cycle: is 1e3"));
  CHECK_THAT(refusal("W 40 1 2\n"), Catch::StartsWith("trace.txt:1:8: line: is 2"));
  CHECK(refusal("R 0\nR 41\n") ==
        "trace.txt:2:3: address: is 41, allowed are multiples of 64 bytes (40 in hexadecimal)");
  CHECK_THAT(refusal("R 20\n"), Catch::StartsWith("trace.txt:1:3: address: is 20"));
  CHECK(refusal("R 0 7\nW 40\nR 80 6\n") ==
        "trace.txt:3:6: cycle: is 6, allowed is a cycle not before an earlier line's, 7");
  CHECK(refusal("R 0 7\nR 80 7\n") == "accepted");
}

}  // namespace nibble
