// What is said of a chip before it runs, by hand for the edge chip.
#include "sim/report/chip_facts.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/report/balance.h"
#include "sim/report/chip_report.h"
#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/read_chip.h"

namespace nibble {

using namespace test;

namespace {

/// Cycles of a command of one block of columns by DESIGN section 3, pass by pass.
std::int64_t cycles_by_hand(std::int64_t rows, std::int64_t chunks, std::int64_t load,
                            std::int64_t latency, std::int64_t accumulator_rows) {
  constexpr std::int64_t kGroup = 64;  // chunks before a fold
  std::vector<std::int64_t> busy;
  for (std::int64_t begin = 0; begin < rows; begin += accumulator_rows) {
    const std::int64_t block = std::min(accumulator_rows, rows - begin);
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      const bool folds = chunks > kGroup && (chunk % kGroup == kGroup - 1 || chunk == chunks - 1);
      busy.push_back(folds ? 2 * block : block);
    }
  }
  // A single chunk stays in place for all blocks of rows.
  const std::int64_t next = chunks == 1 ? 0 : load;
  std::int64_t cycles = load + busy.back() + latency;
  for (std::size_t pass = 0; pass + 1 < busy.size(); ++pass) {
    cycles += std::max(busy[pass], next);
  }
  return cycles;
}

/// The first number of rows that keeps the array at 90 % of its peak.
std::int64_t rows_by_hand(std::int64_t chunks, std::int64_t load, std::int64_t latency,
                          std::int64_t accumulator_rows) {
  for (std::int64_t rows = 1;; ++rows) {
    const std::int64_t cycles = cycles_by_hand(rows, chunks, load, latency, accumulator_rows);
    if (10 * rows * chunks >= 9 * cycles) return rows;
  }
}

}  // namespace

TEST_CASE("Peaks and balance of the edge chip follow from its file by hand") {
  const Json facts = facts_of("edge");
  // 64 x 64 cells at 1 GHz, 2 operations a MAC; four channels of 16 bits at 6.4 Gb/s a pin.
  CHECK(facts.at("peak_tops").get<double>() == Approx(2 * 4096 * 1e9 / 1e12));
  CHECK(facts.at("dram").at("peak_gb_per_s").get<double>() == Approx(4 * 2 * 6.4));
  const Json& formats = facts.at("formats");
  CHECK(formats.at("nibble4").at("macs_per_cycle") == 4096);
  CHECK(formats.at("nibble4").at("balance_macs_per_byte").get<double>() == Approx(4096 / 51.2));
  CHECK(formats.at("nibble4").at("balance_uses").get<double>() == Approx(40));
  CHECK(formats.at("fp8").at("macs_per_cycle") == 512);
  CHECK(formats.at("fp8").at("balance_uses").get<double>() == Approx(10));
  CHECK(formats.at("fp16").at("peak_tops").get<double>() == Approx(0.512));
  CHECK(formats.at("fp16").at("balance_macs_per_byte").get<double>() == Approx(5));
  CHECK(formats.at("fp16").at("balance_uses").get<double>() == Approx(10));
  CHECK(formats.at("fp16").at("weight_load_cycles") == 16);
  const Json& bandwidth = facts.at("bandwidth");
  CHECK(bandwidth.at("scratchpad").at("gb_per_s").get<double>() == Approx(2048));
  // A and B of 64 codes of 4 bits, C of 64 of 16; of the FP16 tile 16 of 16 bits each; SFU; DMA.
  CHECK(bandwidth.at("scratchpad_reserved").at("bytes_per_cycle").get<double>() ==
        32 + 32 + 128 + 3 * 32 + 768 + 2 * 64);
  CHECK(bandwidth.at("dram").at("bytes_per_cycle").get<double>() == Approx(51.2));
  CHECK_FALSE(bandwidth.contains("ring_memory"));
  CHECK_FALSE(bandwidth.contains("link"));
  CHECK(facts.at("core").at("tile").at("c_bytes_per_cycle") == 128);
  CHECK(facts.at("core").at("fp16_tile").at("a_bytes_per_cycle") == 32);
}

TEST_CASE("The server's cores, ring and link add up to the chip's bandwidths") {
  const Json facts = facts_of("server");
  CHECK(facts.at("peak_tops").get<double>() == Approx(2 * 32 * 8192 * 1.25e9 / 1e12));
  CHECK(facts.at("formats").at("nibble4").at("macs_per_cycle") == 32 * 8192);
  const Json& bandwidth = facts.at("bandwidth");
  CHECK(bandwidth.at("dma").at("gb_per_s").get<double>() == Approx(32 * 128 * 1.25));
  // Four stops with cores on both sides: two links of 128 bytes each.
  CHECK(bandwidth.at("ring_memory").at("bytes_per_cycle") == 4 * 2 * 128);
  CHECK(bandwidth.at("link").at("gb_per_s").get<double>() == Approx(100));
  CHECK(facts.at("dram").at("peak_gb_per_s").get<double>() == Approx(1024));
}

TEST_CASE("Rows for 90 % of the peak are the first that the closed form says so of") {
  const Json rows = facts_of("edge").at("formats");
  const auto of = [&](const char* format, std::size_t depth) {
    return rows.at(format).at("rows_for_90_percent").at(depth).at("rows").get<std::int64_t>();
  };
  const std::int64_t chunks[] = {1, 8, 64};
  for (std::size_t depth = 0; depth < 3; ++depth) {
    INFO(chunks[depth] << " chunks");
    CHECK(of("nibble4", depth) == rows_by_hand(chunks[depth], 64, 5, 128));
    CHECK(of("fp16", depth) == rows_by_hand(chunks[depth], 16, 17, 128));
    CHECK(of("fp8", depth) == rows_by_hand(chunks[depth], 16, 17, 128));
  }
  CHECK(of("nibble4", 0) == 621);  // m / (64 + m + 5) = 0.9
  TileGeometry array;
  array.acc_rows = 57;  // of 64 cycles a load: 89 %
  CHECK_FALSE(rows_for_share(array, 64, 0.9).has_value());
  array.acc_rows = 58;
  CHECK(rows_for_share(array, 64, 0.9).has_value());
}

TEST_CASE("Power and picojoules of the facts are those of the energy table and the device") {
  const Json facts = facts_of("edge");
  const Json& read = facts.at("action_energy_pj").at("dram_read_byte");
  // configs/dram/lpddr5_6400.yaml: 3,125 clocks of 1.25 ns hold 1,562 bursts of 32 bytes in 25 rows
  // of 64 bursts.
  const double bytes = 1562 * 32;
  const double pj = (1562 * (1228 + 170.0) + 25 * 1111 + 21700 + 34.3 * 3125 * 1.25) / bytes;
  CHECK(read.at("value").get<double>() == Approx(pj));
  CHECK(read.at("low").get<double>() == Approx(0.56 * pj));
  CHECK(read.at("high").get<double>() == Approx(1.64 * pj));
  CHECK(facts.at("dram_power_w").get<double>() == Approx(pj * 51.2e9 * 1e-12));
  const double area = facts.at("area_mm2").at("total").get<double>();
  CHECK(facts.at("leakage_w").at("value").get<double>() == Approx(5e-3 * area));
  CHECK(facts.at("leakage_w").at("high").get<double>() == Approx(136e-3 * area));
  CHECK(facts.at("action_energy_pj").at("scratchpad_read_byte").at("value") == 5.0);
}

TEST_CASE("The twins of the facts have the chip's area and the ratio of the peaks") {
  const Json facts = facts_of("edge");
  const Json& twin = facts.at("twin");
  const Json& area = facts.at("area_mm2");
  const double arrays = area.at("tile").get<double>() + area.at("fp16_tile").get<double>();
  double low = 1e9, high = 0;
  REQUIRE(twin.at("candidates").size() == 4);
  for (const Json& at : twin.at("candidates")) {
    const Json& array = at.at("array");
    const auto fmas = array.at("lanes").get<double>() * array.at("columns").get<double>();
    CHECK(at.at("peak_ratio_vs_fp16").get<double>() == Approx(4096 / fmas));
    // Half a lane more or less.
    const double lane =
        at.at("area_mm2").at("tile").get<double>() / array.at("lanes").get<double>();
    CHECK(std::abs(at.at("area_mm2").at("tile").get<double>() - arrays) <= 0.51 * lane);
    low = std::min(low, 4096 / fmas);
    high = std::max(high, 4096 / fmas);
  }
  CHECK(twin.at("peak_ratio_vs_fp16").at("low").get<double>() == Approx(low));
  CHECK(twin.at("peak_ratio_vs_fp16").at("high").get<double>() == Approx(high));
}

TEST_CASE("A run's report says of its chip what the facts say under the same keys") {
  const MadeUpRun at;
  const Program& program = at.made.program();
  const ChipConfig chip = plain_chip();
  EnergyTable table;
  table.netlist_area = {0.25, 0.2, 0.3};
  table.netlist_energy = {0.5, 0.4, 0.6};
  table.netlist_delay = {0.25, 0.2, 0.3};
  table.sram_bit_um2 = {0.5, 0.4, 0.6};
  const Json report =
      chip_report(chip, outline_of(program), collect_statistics(program, chip, at.run), table);
  const Json fixed = static_report(chip, table);
  const Json facts = chip_facts(chip, table);
  for (const auto& [key, value] : fixed.items()) {
    INFO(key);
    REQUIRE(report.contains(key));
    REQUIRE(facts.contains(key));
    if (!value.is_object()) {
      CHECK(report.at(key) == value);
      CHECK(facts.at(key) == value);
      continue;
    }
    for (const auto& [below, inner] : value.items()) {
      INFO(below);
      CHECK(report.at(key).at(below) == inner);
      CHECK(facts.at(key).at(below) == inner);
    }
  }
}

}  // namespace nibble
