// Square millimetres by hand.
#include "sim/energy/area.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_silicon.h"
#include "tests/sim/support/random_chip.h"

namespace nibble {

using namespace test;

namespace {

/// A quarter of the netlists' area; half a square micrometre a bit.
EnergyTable table() {
  EnergyTable table;
  table.netlist_area = {0.25, 0.2, 0.3};
  table.sram_bit_um2 = {0.5, 0.4, 0.6};
  table.sfu_lane_um2 = {1000, 900, 1100};
  return table;
}

Approx near(double value) { return Approx(value).epsilon(1e-12); }

/// 2 tiles of 16 x 32 4-bit cells, and 16 x 4 FP16 ones.
ChipConfig chip_of(Fp16Unit unit) {
  ChipConfig chip = plain_chip();
  chip.tile = {TilePrecision::nibble4, 16, 32, 128, 2};
  chip.fp16_tile = TileGeometry{TilePrecision::fp16, 16, 4, 64, 1};
  chip.silicon.fp16_unit = unit;
  return chip;
}

// Of made_up_silicon(): 160 um2 a MAC of 16 lanes, with the first accumulator of both banks of 16
// bits.
constexpr double kTile = 64 * (16 * 160 * 0.25 + 2 * 16 * 127 * 0.5) * 1e-6;

}  // namespace

TEST_CASE("Area is columns at the table's node, the accumulators not in them, scratchpad and SFU") {
  ChipConfig chip = chip_of(Fp16Unit::fma);
  const AreaReport area = area_of(chip, table());
  CHECK(area.tile == near(kTile));
  // Multiply-adds with their adder; all accumulators are memory.
  CHECK(area.fp16_tile == near(4 * ((16 * 1000 + 500) * 0.25 + 2 * 16 * 64 * 0.5) * 1e-6));
  CHECK(area.scratchpad == near(64 * 1024 * 8 * 0.5 * 1e-6));
  CHECK(area.sfu == near(16 * 1000 * 1e-6));
  CHECK(area.total == near(area.tile + area.fp16_tile + area.scratchpad + area.sfu));
  chip.cores = 3;
  CHECK(area_of(chip, table()).total == near(3 * area.total));
}

TEST_CASE(
    "A dot product's column holds its adder and the first accumulators, as a 4-bit one does") {
  const AreaReport area = area_of(chip_of(Fp16Unit::dot_product), table());
  CHECK(area.tile == near(kTile));
  CHECK(area.fp16_tile == near(4 * (16 * 700 * 0.25 + 2 * 16 * 63 * 0.5) * 1e-6));
}

TEST_CASE("A twin's array is made of the chip's FP16 unit in the twin's lanes, and is alone") {
  const AreaReport chains = area_of(fp16_twin(chip_of(Fp16Unit::fma), 27, 8), table());
  CHECK(chains.tile == near(8 * ((27 * 1000 + 500) * 0.25 + 2 * 16 * 128 * 0.5) * 1e-6));
  CHECK(chains.fp16_tile == 0);
  const AreaReport dots = area_of(fp16_twin(chip_of(Fp16Unit::dot_product), 32, 8), table());
  CHECK(dots.tile == near(8 * (32 * 620 * 0.25 + 2 * 16 * 127 * 0.5) * 1e-6));
}

TEST_CASE("A given ratio makes 4-bit cells smaller or larger, and FP16 stays") {
  ChipConfig chip = chip_of(Fp16Unit::fma);
  const AreaReport before = area_of(chip, table());
  chip.silicon.given_ratio = 5;  // 1000 / 5 = 200 um2 a 4-bit MAC
  const AreaReport area = area_of(chip, table());
  CHECK(area.tile == near(64 * (16 * 200 * 0.25 + 2 * 16 * 127 * 0.5) * 1e-6));
  CHECK(area.fp16_tile == before.fp16_tile);
}

}  // namespace nibble
