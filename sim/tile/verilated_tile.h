// The truth: drives one Verilated tile for each tile of the unit through a command, clock by clock,
// and holds the RTL to the closed form of tile_timing.h.
#pragma once

#include <deque>
#include <vector>

#include "sim/tile/tile_rtl.h"
#include "sim/tile/tile_schedule.h"

namespace nibble {

class VerilatedTile final : public TileBackend {
 public:
  /// Throws std::invalid_argument if the geometry was not built.
  explicit VerilatedTile(const TileGeometry& geometry);
  /// With this one, of the same geometry, as the first of the unit's tiles.
  VerilatedTile(const TileGeometry& geometry, std::unique_ptr<TileRtl> first);

  /// Returns what was counted at the ports. Throws std::logic_error if that is not tile_activity,
  /// or if the RTL gave a result row that was not due; the object is of no use after that.
  TileActivity execute(const TileCommand& command, const TileOperands* operands) override;

 private:
  /// A result row on its way through the pipeline.
  struct DueRow {
    int acc;
    Fp16Code* c;
    int columns;
  };
  struct Tile {
    std::unique_ptr<TileRtl> rtl;
    std::vector<std::uint32_t> b;  // packed rows of the B block that is loaded next
    std::deque<DueRow> due;
    TileActivity counted;    // of this tile alone; cycles up to the last result row seen
    Cycles clocks = 0;       // driven in this command
    Cycles clocks_idle = 0;  // without a row of A since the last one
  };

  void pack_a(const TileCommand& command, const TileOperands& operands, const TilePass& pass);
  void pack_b(const TileCommand& command, const TileOperands& operands, const TilePass& pass,
              int tile_index);
  /// The clocks in which `pass` streams and folds while B of `next` is loaded; either may be null.
  void run_window(const TileCommand& command, const TileOperands& operands, const TilePass* pass,
                  const TilePass* next, int tile_index);
  void clock(Tile& tile, const TilePorts& ports);
  [[nodiscard]] TileActivity sum_of_tiles() const;
  [[nodiscard]] int columns_of(const TileCommand& command, const TilePass& pass,
                               int tile_index) const;

  TileGeometry geometry_;
  std::size_t code_bits_;
  std::size_t a_words_, b_words_;  // 32-bit words of a port row
  std::vector<std::uint32_t> a_;   // packed rows of the pass that streams
  std::vector<Tile> tiles_;
};

}  // namespace nibble
