// The report's derived numbers on the known run.
#include "sim/report/chip_report.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

namespace nibble {

using namespace test;

TEST_CASE("Rates, ratios and sums of a report follow from its counts") {
  MadeUpRun at;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::write)] = 1;
  at.run.dram.row_hits = 20;
  ChipConfig chip = plain_chip();
  chip.clock_mhz = 500;
  EnergyTable table;
  table.int4_mac_pj = 2;
  table.fp16_mac_pj = 3;
  const Program& program = at.made.program();
  const Json report =
      chip_report(chip, outline_of(program), collect_statistics(program, chip, at.run), table);
  const double time_s = 110 / 500e6;
  CHECK(report.at("chip") == "plain");
  CHECK(report.at("cycles") == 110);
  CHECK(report.at("time_s").get<double>() == Approx(time_s));
  CHECK(report.at("steps_per_s").get<double>() == Approx(1 / time_s));
  CHECK(report.at("macs_useful") == 21);
  CHECK(report.at("utilization").get<double>() == Approx(12.0 / (110 * 256)));
  CHECK(report.at("sustained_tops").get<double>() == Approx(2 * 21 / time_s / 1e12));
  CHECK(report.at("peak_tops").get<double>() == Approx(2 * 256 * 500e6 / 1e12));
  CHECK(report.at("streaming_cycles") == 14);
  CHECK(report.at("stalls").at("token") == 40);
  CHECK(report.at("busy_cycles").at("dma_load") == 65);
  const Json& dram = report.at("dram");
  CHECK(dram.at("bytes_read") == 1536);
  CHECK(dram.at("compulsory_bytes") == 1600);
  CHECK(dram.at("row_hit_rate").get<double>() == Approx(0.8));
  CHECK(dram.at("peak_gb_per_s").get<double>() == Approx(25.6));
  CHECK(dram.at("utilization").get<double>() == Approx(1600 / (25.6e9 * time_s)));
  const double mac_j = (12 * 256 * 2 + 9 * 64 * 3) * 1e-12;
  CHECK(report.at("energy_j").at("mac").get<double>() == Approx(mac_j));
  CHECK(report.at("energy_j").at("total").get<double>() == Approx(mac_j));
  CHECK(report.at("average_power_w").get<double>() == Approx(mac_j / time_s));
  CHECK(report.at("tops_per_w").get<double>() == Approx(2 * 21 / mac_j / 1e12));
}

TEST_CASE("Each stage is a layer of the report, in order") {
  const MadeUpRun at;
  const Program& program = at.made.program();
  const ChipConfig chip = plain_chip();
  const Json layers =
      chip_report(chip, outline_of(program), collect_statistics(program, chip, at.run), {})
          .at("layers");
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].at("name") == "layer");
  CHECK(layers[0].at("pass") == "forward");
  CHECK(layers[0].at("cycles") == 80);
  CHECK(layers[0].at("macs") == 21);
  CHECK(layers[0].at("utilization").get<double>() == Approx(12.0 / (80 * 256)));
  CHECK(layers[0].at("dram_bytes") == 1536);
  CHECK(layers[1].at("name") == "other");
  CHECK(layers[1].at("cycles") == 30);
  CHECK(layers[1].at("dram_bytes") == 64);
}

}  // namespace nibble
