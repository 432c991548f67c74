// Joules and square millimetres from counts that can be worked out by hand.
#include "sim/energy/energy.h"

#include <stdexcept>

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

constexpr double kPico = 1e-12;

/// Every entry another number, so that a mix-up shows.
EnergyTable table() {
  EnergyTable table;
  table.int4_mac_pj = 2;
  table.fp4_mac_pj = 3;
  table.fp16_mac_pj = 5;
  table.accumulation_pj = 7;
  table.sfu_operation_pj = 11;
  table.scratchpad_read_byte_pj = 13;
  table.scratchpad_write_byte_pj = 17;
  table.fp8_mac_pj = 19;
  table.ring_byte_hop_pj = 23;
  table.link_byte_pj = 29;
  table.leakage_mw_per_mm2 = 41;
  table.fp16_fma_um2 = 730;
  table.sram_bit_um2 = 0.5;
  table.sfu_lane_um2 = 1000;
  return table;
}

double sum_of_parts(const EnergyReport& energy) {
  return energy.mac + energy.scratchpad + energy.accumulator + energy.sfu + energy.ring +
         energy.dram + energy.leakage;
}

Approx near(double value) { return Approx(value).epsilon(1e-12); }

}  // namespace

TEST_CASE("Dynamic energy is each count times its entry of the table") {
  ActionCounts actions;
  actions.int4_macs = 1000;
  actions.fp4_macs = 200;
  actions.fp8_macs = 17;
  actions.fp16_macs = 30;
  actions.accumulations = 41;
  actions.sfu_operations = 52;
  actions.scratchpad_read = 63;
  actions.scratchpad_written = 74;
  actions.ring_byte_hops = 85;
  actions.link_bytes = 96;
  const EnergyReport energy = dynamic_energy(actions, table());
  CHECK(energy.mac == near((1000 * 2 + 200 * 3 + 17 * 19 + 30 * 5) * kPico));
  CHECK(energy.accumulator == near(41 * 7 * kPico));
  CHECK(energy.sfu == near(52 * 11 * kPico));
  CHECK(energy.scratchpad == near((63 * 13 + 74 * 17) * kPico));
  CHECK(energy.ring == near((85 * 23 + 96 * 29) * kPico));
  CHECK(energy.dram == 0);
  CHECK(energy.leakage == 0);
  CHECK(energy.total == near(sum_of_parts(energy)));
}

TEST_CASE("Area is cells, accumulators, both copies of B, scratchpad and SFU") {
  ChipConfig chip = plain_chip();
  chip.tile = {TilePrecision::nibble4, 16, 32, 128, 2};
  chip.fp16_tile = TileGeometry{TilePrecision::fp16, 16, 4, 64, 1};
  chip.fp16_area_ratio = 7.3;  // a 4-bit MAC takes 730 / 7.3 = 100 um2
  const AreaReport area = area_of(chip, table());
  // 2 tiles of 16 x 32 cells; 64 columns with two banks of 128 fp16 and two copies of 16 codes.
  CHECK(area.tile == near((1024 * 100 + 64 * (2 * 16 * 128 + 2 * 4 * 16) * 0.5) * 1e-6));
  CHECK(area.fp16_tile == near((64 * 730 + 4 * (2 * 16 * 64 + 2 * 16 * 16) * 0.5) * 1e-6));
  CHECK(area.scratchpad == near(64 * 1024 * 8 * 0.5 * 1e-6));
  CHECK(area.sfu == near(16 * 1000 * 1e-6));
  CHECK(area.total == near(area.tile + area.fp16_tile + area.scratchpad + area.sfu));
  chip.cores = 3;
  CHECK(area_of(chip, table()).total == near(3 * area.total));
  chip.cores = 1;
  // The twin's array is made of FMAs, and it has no second one.
  chip.tile.precision = TilePrecision::fp16;
  chip.fp16_tile.reset();
  const AreaReport twin = area_of(chip, table());
  CHECK(twin.tile == near((1024 * 730 + 64 * (2 * 16 * 128 + 2 * 16 * 16) * 0.5) * 1e-6));
  CHECK(twin.fp16_tile == 0);
}

TEST_CASE("A run adds what the DRAM device takes for commands and time, and leakage") {
  MadeUpRun at;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::activate)] = 6;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::refresh_all)] = 8;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
  at.run.dram.commands[static_cast<std::size_t>(DramCommandKind::write)] = 1;
  at.run.dram.active_clocks = 5;
  ChipConfig chip = plain_chip();
  chip.clock_mhz = 500;
  chip.dram.channels = 3;
  chip.dram.energy = {19, 23, 29, 31, 37, 43, 47, 53};
  const RunStatistics statistics = collect_statistics(at.made.program(), chip, at.run);
  const EnergyReport energy = energy_of(statistics, chip, table());
  const double time_s = 110 / 500e6;
  const double active_s = 5e-12 * static_cast<double>(chip.dram.clock_period_ps);
  CHECK(energy.dram == near((6 * 19 + 24 * (23 + 31) + 1 * (29 + 37) + 8 * 43) * kPico +
                            47e-3 * (3 * time_s - active_s) + 53e-3 * active_s));
  CHECK(energy.leakage == near(41e-3 * area_of(chip, table()).total * time_s));
  CHECK(energy.mac == near((12 * 256 * 2 + 9 * 64 * 5) * kPico));
  CHECK(energy.total == near(sum_of_parts(energy)));
}

TEST_CASE("Stages add up to the run, with and without DRAM traffic") {
  for (const bool traffic : {true, false}) {
    INFO("traffic " << traffic);
    MadeUpRun at;
    ChipConfig chip = plain_chip();
    chip.ideal_dram = !traffic;
    if (!traffic) {
      for (Command& command : at.made.program().commands) {
        if (auto* transfer = std::get_if<DmaTransfer>(&command.body)) transfer->bytes = 0;
      }
    }
    const RunStatistics statistics = collect_statistics(at.made.program(), chip, at.run);
    const EnergyReport run = energy_of(statistics, chip, table());
    CHECK(run.dram > 0);  // background at least
    std::vector<EnergyReport> stages;
    double total = 0;
    for (const StageStatistics& stage : statistics.stages) {
      stages.push_back(stage_energy(stage, statistics, run, table()));
      CHECK(stages.back().total == near(sum_of_parts(stages.back())));
      total += stages.back().total;
    }
    CHECK(total == near(run.total));
    CHECK_NOTHROW(check_energy(run, stages));
  }
}

TEST_CASE("Energy that is lost between the stages and the run is noticed") {
  const MadeUpRun at;
  const RunStatistics statistics = collect_statistics(at.made.program(), plain_chip(), at.run);
  const EnergyReport run = energy_of(statistics, plain_chip(), table());
  std::vector<EnergyReport> stages;
  for (const StageStatistics& stage : statistics.stages) {
    stages.push_back(stage_energy(stage, statistics, run, table()));
  }
  EnergyReport leaking = run;
  leaking.total *= 1.001;
  CHECK_THROWS_AS(check_energy(leaking, stages), std::logic_error);
  stages.pop_back();
  CHECK_THROWS_AS(check_energy(run, stages), std::logic_error);
}

}  // namespace nibble
