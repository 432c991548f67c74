// The report's derived numbers on the known run.
#include "sim/report/chip_report.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

namespace nibble {

using namespace test;

TEST_CASE("Rates, ratios and sums of a report follow from its counts") {
  MadeUpRun at;
  DramStatistics moved;
  moved.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
  moved.commands[static_cast<std::size_t>(DramCommandKind::write)] = 1;
  moved.row_hits = 20;
  at.add_dram(1, moved);
  ChipConfig chip = plain_chip();
  chip.clock_mhz = 500;
  chip.dram.energy = {};
  EnergyTable table;
  table.netlist_energy = {2, 1, 4};
  chip.silicon.cells.energies.int4 = {0, 3 * 16, 0, 0, 0, "columns"};
  chip.silicon.cells.energies.fp16_fma = {0, 5, 0, 0, 0, "fma"};
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
  const double mac_j = 2 * (12 * 256 * 3 + 9 * 64 * 5) * 1e-12;
  CHECK(report.at("energy_j").at("mac").get<double>() == Approx(mac_j));
  // Of the FP16 tile's accumulators only the adders, half a multiply-add each, cost something here.
  const double total_j = mac_j + 2 * 9 * 4 * 5 * 0.5 * 1e-12;
  CHECK(report.at("energy_j").at("total").get<double>() == Approx(total_j));
  const Json& range = report.at("energy_range_j");
  CHECK(range.at("low").at("mac").get<double>() == Approx(mac_j / 2));
  CHECK(range.at("high").at("total").get<double>() == Approx(total_j * 2));
  CHECK(report.at("average_power_w").get<double>() == Approx(total_j / time_s));
  CHECK(report.at("tops_per_w").get<double>() == Approx(2 * 21 / total_j / 1e12));
}

TEST_CASE("A 4-bit chip's report says what its arrays are made of, in columns of its lanes") {
  const MadeUpRun at;
  const Program& program = at.made.program();
  ChipConfig chip = plain_chip();
  chip.tile.lanes = 32;
  EnergyTable table;
  table.scaling = "model";
  table.netlist_area = {0.25, 0.2, 0.3};
  table.netlist_energy = {0.5, 0.25, 2};
  table.netlist_delay = {0.25, 0.2, 0.3};
  const RunStatistics statistics = collect_statistics(program, chip, at.run);
  const auto report = [&] { return chip_report(chip, outline_of(program), statistics, table); };
  Json silicon = report().at("silicon");
  const Json wanted = {{"library", "made_up"},
                       {"node_nm", 180},
                       {"clock_ns", 12.5},
                       {"area_ratio", 1000.0 / 140},
                       {"ratio_is_given", false},
                       {"nibble4_mac_um2", 140.0},
                       {"nibble4_netlist", "between sixteen and sixty_four"},
                       {"fp16_unit", "fma"},
                       {"fp16_mac_um2", 1000.0},
                       {"fp16_netlist", "fma"},
                       {"fp8_fma_um2", 560.0},
                       {"fp8_netlist", "fp8"},
                       {"scaling", "model"},
                       {"area_factor", 0.25},
                       {"energy_factor", {{"value", 0.5}, {"low", 0.25}, {"high", 2.0}}},
                       {"clock_mhz_at_node", 320.0}};
  CHECK(silicon == wanted);
  chip.silicon.fp16_unit = Fp16Unit::dot_product;
  chip.silicon.given_ratio = 5;
  silicon = report().at("silicon");
  CHECK(silicon.at("fp16_unit") == "dot_product");
  CHECK(silicon.at("fp16_mac_um2").get<double>() == Approx(620));
  CHECK(silicon.at("fp16_netlist") == "between dot_16 and dot_64");
  CHECK(silicon.at("area_ratio").get<double>() == Approx(5));
  CHECK(silicon.at("ratio_is_given") == true);
  CHECK(silicon.at("nibble4_mac_um2").get<double>() == Approx(124));
  CHECK(silicon.at("nibble4_netlist") == "");
  chip = fp16_twin(chip, 16, 8);
  CHECK_FALSE(report().contains("silicon"));
}

TEST_CASE("Links at the ring's memory stops are used as loads and stores fill them") {
  const MadeUpRun at;
  const Program& program = at.made.program();
  ChipConfig chip = plain_chip();
  RunStatistics statistics = collect_statistics(program, chip, at.run);
  statistics.total.ring_loaded = 2'000;
  statistics.total.ring_stored = 500;
  chip.cores = 4;
  chip.ring = {32, 1, 2};
  const auto ring = [&] {
    return chip_report(chip, outline_of(program), statistics, {}).at("ring");
  };
  statistics.memory_links = 3;  // both of one stop and one of the other, 110 cycles of 32 bytes
  CHECK(ring().at("memory_stops") == 2);
  CHECK(ring().at("load_utilization").get<double>() == Approx(2000.0 / (110 * 3 * 32)));
  CHECK(ring().at("store_utilization").get<double>() == Approx(500.0 / (110 * 3 * 32)));
  chip.ideal_ring = true;
  CHECK(ring().at("load_utilization") == 0);
  chip.ideal_ring = false;
  chip.ideal_dram = true;
  CHECK(ring().at("load_utilization") == 0);
}

TEST_CASE("MACs at peak take each array's own rate, fp8 twice that of fp16") {
  MadeUpRun at;
  const Program& program = at.made.program();
  ChipConfig chip = plain_chip();
  RunStatistics statistics = collect_statistics(program, chip, at.run);
  const auto report = [&] { return chip_report(chip, outline_of(program), statistics, {}); };
  CHECK(report().at("cycles_at_peak").get<double>() == Approx(12.0 / 256 + 9.0 / 64));

  statistics.total.actions.fp8_macs_useful = 4;  // of the 9 on the FP16 tile
  Json json = report();
  CHECK(json.at("cycles_at_peak").get<double>() == Approx(12.0 / 256 + 4.0 / 128 + 5.0 / 64));
  CHECK(json.at("array").at("macs_per_cycle") == 256);

  chip = fp16_twin(chip, 16, 8);
  json = report();
  CHECK(json.at("cycles_at_peak").get<double>() == Approx(4.0 / 256 + 17.0 / 128));
  CHECK(json.at("array").at("macs_per_cycle") == 256);
  CHECK(json.at("peak_tops").get<double>() == Approx(2 * 256 * chip.clock_mhz * 1e6 / 1e12));
  CHECK(json.at("utilization").get<double>() == Approx(12.0 / (110 * 256)));

  chip.cores = 2;
  CHECK(report().at("cycles_at_peak").get<double>() == Approx((4.0 / 256 + 17.0 / 128) / 2));
  CHECK(report().at("utilization").get<double>() == Approx(12.0 / (2 * 110 * 256)));
}

TEST_CASE("The footprint is the stage with the most live bytes, the first of equals") {
  MadeUpRun at;
  Program& program = at.made.program();
  const ChipConfig chip = plain_chip();
  program.persistent_bytes = 77;
  program.stages[0].live_bytes = 5000;
  program.stages[1].live_bytes = 5000;
  const auto report = [&] {
    return chip_report(chip, outline_of(program), collect_statistics(program, chip, at.run), {});
  };
  Json json = report();
  CHECK(json.at("footprint").at("peak_bytes") == 5000);
  CHECK(json.at("footprint").at("peak_name") == "layer");
  CHECK(json.at("footprint").at("persistent_bytes") == 77);
  CHECK(json.at("scratchpad_bytes") == chip.scratchpad.bytes);
  program.stages[1].live_bytes = 5001;
  json = report();
  CHECK(json.at("footprint").at("peak_bytes") == 5001);
  CHECK(json.at("footprint").at("peak_name") == "other");
  CHECK(json.at("footprint").at("peak_pass") == "update");
  CHECK(json.at("layers")[0].at("live_bytes") == 5000);
  CHECK(json.at("layers")[1].at("live_bytes") == 5001);
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
  CHECK(layers[0].at("array_macs") == 12);
  CHECK(layers[0].at("utilization").get<double>() == Approx((12.0 / 256 + 9.0 / 64) / 80));
  CHECK(layers[0].at("dram_bytes") == 1536);
  CHECK(layers[1].at("name") == "other");
  CHECK(layers[1].at("cycles") == 30);
  CHECK(layers[1].at("dram_bytes") == 64);
}

}  // namespace nibble
