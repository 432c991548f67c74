// Areas of columns by hand: at the netlists, between them and beyond.
#include "sim/silicon/silicon.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_silicon.h"

namespace nibble {
namespace {

using test::made_up_silicon;

Silicon with(Fp16Unit unit, std::optional<double> ratio = std::nullopt) {
  Silicon silicon = made_up_silicon();
  silicon.fp16_unit = unit;
  silicon.given_ratio = ratio;
  return silicon;
}

}  // namespace

TEST_CASE(
    "A MAC has its netlist's area in a column that was synthesised, a + b / lanes elsewhere") {
  const ColumnAreas macs = made_up_silicon().cells.nibble4_mac;
  CHECK(macs.mac_um2(4) == Approx(400));
  CHECK(macs.mac_um2(16) == Approx(160));
  CHECK(macs.mac_um2(64) == Approx(130));
  CHECK(macs.mac_um2(8) == Approx(80 + 1280.0 / 8));
  CHECK(macs.mac_um2(15) == Approx(80 + 1280.0 / 15));
  CHECK(macs.mac_um2(17) == Approx(120 + 640.0 / 17));
  CHECK(macs.mac_um2(32) == Approx(120 + 640.0 / 32));
  CHECK(macs.mac_um2(1024) == Approx(120 + 640.0 / 1024));  // by the last two
  CHECK(macs.mac_um2(1) == Approx(80 + 1280));              // by the first two
}

TEST_CASE("An area names the netlist it is of, or the two it follows from") {
  const ColumnAreas macs = made_up_silicon().cells.nibble4_mac;
  CHECK(macs.netlists(4) == "four");
  CHECK(macs.netlists(16) == "sixteen");
  CHECK(macs.netlists(64) == "sixty_four");
  CHECK(macs.netlists(5) == "between four and sixteen");
  CHECK(macs.netlists(63) == "between sixteen and sixty_four");
  CHECK(macs.netlists(3) == "beyond four and sixteen");
  CHECK(macs.netlists(65) == "beyond sixteen and sixty_four");
  CHECK(with(Fp16Unit::fma).fp16_netlist(64) == "fma");
  CHECK(with(Fp16Unit::dot_product).fp16_netlist(64) == "dot_64");
}

TEST_CASE(
    "A column of multiply-adds has an adder and no accumulator, the others one in each bank") {
  const Silicon chains = with(Fp16Unit::fma);
  CHECK(chains.fp16_column(27).um2 == Approx(27 * 1000 + 500));
  CHECK(chains.fp16_column(27).accumulator_rows == 0);
  const Silicon dots = with(Fp16Unit::dot_product);
  CHECK(dots.fp16_column(32).um2 == Approx(32 * 540 + 2560));
  CHECK(dots.fp16_column(32).accumulator_rows == 1);
  CHECK(chains.nibble4_column(32).um2 == Approx(32 * 120 + 640));
  CHECK(chains.nibble4_column(32).accumulator_rows == 1);
}

TEST_CASE("The ratio is that of the netlists with as many lanes, unless it is given") {
  CHECK(with(Fp16Unit::fma).area_ratio(64) == Approx(1000.0 / 130));
  CHECK(with(Fp16Unit::fma).area_ratio(16) == Approx(1000.0 / 160));
  CHECK(with(Fp16Unit::dot_product).area_ratio(16) == Approx(700.0 / 160));
  const Silicon given = with(Fp16Unit::fma, 7.3);
  CHECK(given.area_ratio(64) == Approx(7.3));
  CHECK(given.fp16_mac_um2(64) == 1000);  // the FP16 unit stays
  CHECK(given.nibble4_mac_um2(64) == Approx(1000 / 7.3));
  CHECK(given.nibble4_column(64).um2 == Approx(64 * 1000 / 7.3));
  CHECK(with(Fp16Unit::dot_product, 5).nibble4_mac_um2(64) == Approx(580.0 / 5));
}

TEST_CASE("A MAC takes its own, its share of the column's, and more where operands are not zero") {
  const MacEnergy mac = made_up_silicon().cells.energies.int4;
  CHECK(mac.issued_pj(16) == Approx(4));
  CHECK(mac.issued_pj(64) == Approx(1));
  CHECK(mac.useful_pj({0.5, 0.25}) == Approx(1 + 2 * 0.5 + 4 * 0.25));
  CHECK(mac.useful_pj({0, 0}) == 1);
}

TEST_CASE("Units that were not simulated take by their areas") {
  const Silicon fma = with(Fp16Unit::fma);
  CHECK(fma.fp16_mac_energy(16).constant_pj == Approx(10));
  CHECK(fma.fp8_mac_energy().column_pj == Approx(40 * 0.56));
  CHECK(fma.fp8_mac_energy().nonzero_pj == Approx(40 * 0.56));
  CHECK(fma.fp16_adder_energy().streamed_pj == Approx(20 * 0.5));
  const Silicon dot = with(Fp16Unit::dot_product);
  CHECK(dot.fp16_mac_energy(64).constant_pj == Approx(10 * 0.58));
  CHECK(dot.fp16_mac_energy(64).error == 0.25);
  CHECK(dot.fp16_adder_energy().constant_pj == 0);
}

}  // namespace nibble
