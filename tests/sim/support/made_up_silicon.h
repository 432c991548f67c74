// Silicon with round numbers, each another.
#pragma once

#include "sim/silicon/silicon.h"

namespace nibble::test {

/// 4-bit MACs of 80 + 1280 / lanes um2 up to 16 lanes, of 120 + 640 / lanes from there; FP16 dot
/// products of 540 + 2560 / lanes; FP16 multiply-adds of 1000. Of 16 lanes an int4 MAC takes 4 pJ
/// and, where it is no padding, 3 more (1 + 2 / 2 + 4 / 4); an fp4 one 6 and 6 (even) or 7 (odd);
/// an FP16 one 40 and 40, in a twin 40 and 30.
inline Silicon made_up_silicon() {
  Silicon silicon;
  SiliconCells& cells = silicon.cells;
  cells.library = "made_up";
  cells.node_nm = 180;
  cells.supply_v = 1.8;
  cells.clock_ns = 12.5;
  cells.nibble4_mac =
      ColumnAreas({{4, 400, "four"}, {16, 160, "sixteen"}, {64, 130, "sixty_four"}});
  cells.fp16_fma = {1000, "fma"};
  cells.fp16_adder = {500, "adder"};
  cells.fp16_dot = ColumnAreas({{16, 700, "dot_16"}, {64, 580, "dot_64"}});
  cells.fp8_fma = {560, "fp8"};
  cells.energies.int4 = {1, 64, 2, 4, 0.2, "columns"};
  cells.energies.fp4_even = {1, 96, 4, 4, 0.3, "columns"};
  cells.energies.fp4_odd = {2, 96, 4, 4, 0.1, "columns"};
  cells.energies.fp16_fma = {10, 40, 20, 40, 0.25, "fma"};
  cells.energies.operands = {{0.5, 0.25}, {0.75, 0.5}, {1, 0.25},
                             {1, 0.25},   {0.5, 0.25}, "made_up"};
  silicon.operands = cells.energies.operands;
  return silicon;
}

}  // namespace nibble::test
