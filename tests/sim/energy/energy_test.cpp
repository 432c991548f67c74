// Joules from counts that can be worked out by hand.
#include "sim/energy/energy.h"

#include <limits>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "sim/energy/area.h"
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
  table.accumulator_pj = {7, 3.5, 107};
  table.sfu_operation_pj = {11, 5.5, 111};
  table.scratchpad_read_byte_pj = {13, 6.5, 113};
  table.scratchpad_write_byte_pj = {17, 8.5, 117};
  table.ring_byte_hop_pj = {23, 11.5, 123};
  table.link_byte_pj = {29, 14.5, 129};
  table.leakage_mw_per_mm2 = {41, 20.5, 141};
  table.netlist_area = {0.25, 0.2, 0.3};
  table.netlist_energy = {0.5, 0.25, 2};
  table.sram_bit_um2 = {0.5, 0.4, 0.6};
  table.sfu_lane_um2 = {1000, 900, 1100};
  return table;
}

double sum_of_parts(const EnergyReport& energy) {
  return energy.mac + energy.scratchpad + energy.accumulator + energy.sfu + energy.ring +
         energy.dram + energy.leakage;
}

Approx near(double value) { return Approx(value).epsilon(1e-12); }

}  // namespace

TEST_CASE("Dynamic energy is each count times its entry, at value, low or high") {
  ActionCounts actions;
  actions.int4_macs = 1000;
  actions.int4_macs_useful = 800;
  actions.fp4_even_macs = 200;
  actions.fp4_even_macs_useful = 150;
  actions.fp4_odd_macs = 70;
  actions.fp4_odd_macs_useful = 60;
  actions.fp8_macs = 17;
  actions.fp8_macs_useful = 10;
  actions.fp16_macs = 30;
  actions.fp16_macs_useful = 20;
  actions.accumulations = 41;
  actions.fp16_additions = 6;
  actions.sfu_operations = 52;
  actions.scratchpad_read = 63;
  actions.scratchpad_written = 74;
  actions.ring_byte_hops = 85;
  actions.link_bytes = 96;
  const ChipConfig chip = plain_chip();  // arrays of 16 lanes: tests/sim/support/made_up_silicon.h
  const EnergyReport energy = dynamic_energy(actions, chip, table());
  const double int4 = 1000 * 4 + 800 * 3;
  const double even = 200 * 6 + 150 * 6;
  const double odd = 70 * 6 + 60 * 7;
  const double fp8 = 0.56 * (17 * 40 + 10 * 40);  // by the areas of the units
  const double fp16 = 30 * 40 + 20 * 40;
  const double adder = 0.5 * 6 * (40 + 40);
  CHECK(energy.mac == near(0.5 * (int4 + even + odd + fp8 + fp16) * kPico));
  CHECK(energy.accumulator == near((41 * 7 + 0.5 * adder) * kPico));
  CHECK(energy.sfu == near(52 * 11 * kPico));
  CHECK(energy.scratchpad == near((63 * 13 + 74 * 17) * kPico));
  CHECK(energy.ring == near((85 * 23 + 96 * 29) * kPico));
  CHECK(energy.dram == 0);
  CHECK(energy.leakage == 0);
  CHECK(energy.total == near(sum_of_parts(energy)));

  // A model's error widens what the node's factor leaves open.
  const EnergyReport low = dynamic_energy(actions, chip, table(), Level::low);
  CHECK(low.mac ==
        near(0.25 * (int4 * 0.8 + even * 0.7 + odd * 0.9 + (fp8 + fp16) * 0.75) * kPico));
  CHECK(low.accumulator == near((41 * 3.5 + 0.25 * 0.75 * adder) * kPico));
  CHECK(low.sfu == near(energy.sfu / 2));
  CHECK(low.total == near(sum_of_parts(low)));
  const EnergyReport high = dynamic_energy(actions, chip, table(), Level::high);
  CHECK(high.mac == near(2 * (int4 * 1.2 + even * 1.3 + odd * 1.1 + (fp8 + fp16) * 1.25) * kPico));
  CHECK(high.accumulator == near((41 * 107 + 2 * 1.25 * adder) * kPico));
  CHECK(high.sfu == near(energy.sfu + 52 * 100 * kPico));
  CHECK(high.scratchpad == near(energy.scratchpad + (63 + 74) * 100 * kPico));
  CHECK(high.ring == near(energy.ring + (85 + 96) * 100 * kPico));
  CHECK(high.total == near(sum_of_parts(high)));
}

TEST_CASE("A workload with more zeros takes less, padding least of all") {
  ChipConfig chip = plain_chip();
  ActionCounts padding, useful;
  padding.int4_macs = useful.int4_macs = useful.int4_macs_useful = 100;
  chip.silicon.operands.int4 = {0, 0};
  CHECK(dynamic_energy(useful, chip, table()).mac == near(0.5 * 100 * 5 * kPico));
  chip.silicon.operands.int4 = {1, 0};
  CHECK(dynamic_energy(useful, chip, table()).mac == near(0.5 * 100 * 7 * kPico));
  chip.silicon.operands.int4 = {1, 1};
  CHECK(dynamic_energy(useful, chip, table()).mac == near(0.5 * 100 * 11 * kPico));
  CHECK(dynamic_energy(padding, chip, table()).mac == near(0.5 * 100 * 4 * kPico));
}

TEST_CASE("FP16 arrays of dot products take by their area, and have their adder in them") {
  ChipConfig chip = plain_chip();
  chip.silicon.fp16_unit = Fp16Unit::dot_product;
  ActionCounts actions;
  actions.fp16_macs = actions.fp16_macs_useful = 30;
  actions.accumulations = actions.fp16_additions = 4;
  const EnergyReport energy = dynamic_energy(actions, chip, table());
  CHECK(energy.mac == near(0.5 * 0.7 * 30 * (40 + 40) * kPico));
  CHECK(energy.accumulator == near(4 * 7 * kPico));
}

TEST_CASE("The arrays' power is all MACs and accumulations of a clock, the dearer 4-bit format") {
  ChipConfig chip = plain_chip();
  chip.tile = {TilePrecision::nibble4, 16, 32, 128, 2};
  chip.fp16_tile = TileGeometry{TilePrecision::fp16, 16, 4, 64, 1};
  chip.cores = 3;
  const EnergyTable pj = table();
  const double fp16 = 64 * 40 + 4 * (7 + 0.5 * 40);
  CHECK(arrays_pj_per_cycle(chip, pj) == near(3 * (1024 * 0.5 * 13 + 64 * 7 + fp16)));
  chip.silicon.operands.fp4_even = {1, 1};
  CHECK(arrays_pj_per_cycle(chip, pj) == near(3 * (1024 * 0.5 * 15 + 64 * 7 + fp16)));
  chip.silicon.cells.energies.int4.column_pj = 16 * 20;
  CHECK(arrays_pj_per_cycle(chip, pj) == near(3 * (1024 * 0.5 * 23 + 64 * 7 + fp16)));
  chip.tile.precision = TilePrecision::fp16;
  chip.fp16_tile.reset();
  CHECK(arrays_pj_per_cycle(chip, pj) == near(3 * (1024 * 35 + 64 * (7 + 0.5 * 35))));
}

TEST_CASE("A run adds what the DRAM device takes for commands and time, and leakage") {
  MadeUpRun at;
  DramStatistics dram;
  dram.commands[static_cast<std::size_t>(DramCommandKind::activate)] = 6;
  dram.commands[static_cast<std::size_t>(DramCommandKind::refresh_all)] = 8;
  dram.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
  dram.commands[static_cast<std::size_t>(DramCommandKind::write)] = 1;
  dram.active_clocks = 5;
  at.add_dram(1, dram);
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
  CHECK(energy.mac == near(0.5 * (12 * 256 * 4 + 12 * 3 + 9 * 64 * 40 + 9 * 40) * kPico));
  CHECK(energy.total == near(sum_of_parts(energy)));

  // The device's factor and the leakage of a square millimetre have ranges, areas and time have
  // not.
  chip.dram.energy.factor = {1, 0.25, 3};
  CHECK(energy_of(statistics, chip, table()).total == energy.total);
  const EnergyReport low = energy_of(statistics, chip, table(), Level::low);
  const EnergyReport high = energy_of(statistics, chip, table(), Level::high);
  CHECK(low.dram == near(energy.dram / 4));
  CHECK(high.dram == near(energy.dram * 3));
  CHECK(low.leakage == near(energy.leakage / 2));
  CHECK(high.leakage == near(energy.leakage * 141 / 41));
  CHECK(high.mac > 4 * energy.mac);
  CHECK(low.total == near(sum_of_parts(low)));
  CHECK(high.total == near(sum_of_parts(high)));
}

TEST_CASE("A stage has the energy of its own DRAM commands, cycles and actions") {
  MadeUpRun at;
  DramStatistics early, late;
  early.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
  early.active_clocks = 7;
  late.commands[static_cast<std::size_t>(DramCommandKind::activate)] = 3;
  at.add_dram(0, early);  // of the first stage, as segment 1
  at.add_dram(2, late);
  ChipConfig chip = plain_chip();
  chip.dram.energy = {19, 23, 29, 31, 37, 43, 47, 53};
  const RunStatistics statistics = collect_statistics(at.made.program(), chip, at.run);
  const EnergyReport first = energy_of(statistics.stages[0], chip, table());
  const EnergyReport second = energy_of(statistics.stages[1], chip, table());
  const double active_s = 7e-12 * static_cast<double>(chip.dram.clock_period_ps);
  CHECK(first.dram == near(24 * (23 + 31) * kPico + 47e-3 * (80e-9 - active_s) + 53e-3 * active_s));
  CHECK(second.dram == near(3 * 19 * kPico + 47e-3 * 30e-9));
  CHECK(first.leakage == near(41e-3 * area_of(chip, table()).total * 80e-9));
  CHECK(second.leakage == near(41e-3 * area_of(chip, table()).total * 30e-9));
  CHECK(second.mac == 0);
  CHECK(second.total == near(sum_of_parts(second)));
}

namespace {

/// The made-up run on a chip in which every part of the energy is above zero.
struct Energies {
  ChipConfig chip = plain_chip();
  RunStatistics statistics;

  Energies() {
    MadeUpRun at;
    DramStatistics dram;
    dram.commands[static_cast<std::size_t>(DramCommandKind::read)] = 24;
    at.add_dram(1, dram);
    statistics = collect_statistics(at.made.program(), chip, at.run);
    statistics.stages[1].actions.ring_byte_hops = statistics.total.actions.ring_byte_hops = 10;
  }
  /// What the law says of it; empty if it holds.
  [[nodiscard]] std::string broken_law() const {
    std::vector<EnergyReport> stages;
    for (const StageStatistics& stage : statistics.stages) {
      stages.push_back(energy_of(stage, chip, table()));
    }
    try {
      check_energy(energy_of(statistics, chip, table()), stages);
      return "";
    } catch (const std::logic_error& fault) {
      return fault.what();
    }
  }
};

}  // namespace

TEST_CASE("The energies of the stages add up to the run's, with and without DRAM") {
  Energies at;
  CHECK(at.broken_law() == "");
  at.chip.ideal_dram = true;
  CHECK(at.broken_law() == "");
}

TEST_CASE("A count or a cycle that one stage has lost breaks the law of its part of the energy") {
  struct Loss {
    const char* part;
    void (*lose)(StageStatistics&);
  };
  const Loss losses[] = {
      {"mac", [](StageStatistics& stage) { stage.actions.int4_macs -= 1; }},
      {"scratchpad", [](StageStatistics& stage) { stage.actions.scratchpad_read -= 1; }},
      {"accumulator", [](StageStatistics& stage) { stage.actions.accumulations -= 1; }},
      {"sfu", [](StageStatistics& stage) { stage.actions.sfu_operations -= 1; }},
      {"ring", [](StageStatistics& stage) { stage.actions.ring_byte_hops += 1; }},
      {"dram",
       [](StageStatistics& stage) {
         --stage.dram.commands[static_cast<std::size_t>(DramCommandKind::read)];
       }},
      {"dram", [](StageStatistics& stage) { stage.end -= 1; }},
  };
  for (const Loss& loss : losses) {
    Energies at;
    loss.lose(at.statistics.stages[0]);
    const std::string start = std::string("conservation: energy, ") + loss.part + ": the stages";
    CHECK(at.broken_law().compare(0, start.size(), start) == 0);
  }
  Energies at;  // memory without standby power: then leakage alone goes with time
  at.chip.dram.energy.precharged_mw = at.chip.dram.energy.active_mw = 0;
  at.statistics.stages[1].end -= 1;
  CHECK(at.broken_law().find("energy, leakage") != std::string::npos);
  Energies fewer;
  fewer.statistics.stages.pop_back();
  CHECK(fewer.broken_law() != "");
}

TEST_CASE("An energy that is no number breaks the law, in the run and in a stage") {
  EnergyReport sound, broken;
  sound.sfu = sound.total = 1;
  broken.sfu = broken.total = std::numeric_limits<double>::quiet_NaN();
  CHECK_NOTHROW(check_energy(sound, {sound}));
  CHECK_THROWS_AS(check_energy(broken, {broken}), std::logic_error);
  CHECK_THROWS_AS(check_energy(sound, {broken}), std::logic_error);
  CHECK_THROWS_AS(check_energy(broken, {sound}), std::logic_error);
}

}  // namespace nibble
