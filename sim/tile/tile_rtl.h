// One Verilated tile behind plain pointers, so that no Verilated header leaves verilated_*.cpp (it
// cannot meet <systemc> in one file). VerilatedTile drives it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

/// What the ports carry in one clock; the names are those of rtl/nb_tile.sv. Rows are packed codes,
/// lane or column 0 in the lowest bits, whole 32-bit words.
struct TilePorts {
  const std::uint32_t* b_row = nullptr;  // null: b_valid_i = 0
  int b_lane = 0;
  bool b_signed = false;  // nibble4 only
  bool a_valid = false;
  bool a_swap = false;
  bool a_fold = false;
  bool a_first = false;
  bool a_last = false;
  int a_format = 0;  // nibble4 only
  int a_acc = 0;
  const std::uint32_t* a_row = nullptr;  // not read unless a row streams
};

/// What the ports show after the clock's edge.
struct TileRtlResult {
  bool valid = false;
  int acc = 0;
  const std::uint32_t* row = nullptr;  // fp16 codes, column 0 lowest
};

class TileRtl {
 public:
  virtual ~TileRtl() = default;
  virtual TileRtlResult clock(const TilePorts& ports) = 0;
};

/// Every geometry that is Verilated, as a unit of one tile.
[[nodiscard]] std::vector<TileGeometry> built_tiles();

/// Throws std::invalid_argument, naming the built geometries, if this one was not built.
[[nodiscard]] std::unique_ptr<TileRtl> make_tile_rtl(const TileGeometry& geometry);

}  // namespace nibble
