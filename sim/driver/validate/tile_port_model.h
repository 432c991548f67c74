// What a tile's ports show, clock by clock, from the definition of its commands (rtl/nb_tile.sv):
// every row is worked out when it is taken and becomes visible tile_latency clocks later. The
// pipeline, the skew and the travelling swap of the RTL must not be seen from outside.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/tile/tile_rtl.h"

namespace nibble {

class TilePortModel {
 public:
  explicit TilePortModel(const TileGeometry& geometry);

  /// The codes behind `ports.b_row` and `ports.a_row`, one element a code; ignored where the ports
  /// say that nothing is taken.
  struct Codes {
    std::vector<std::uint16_t> b_row, a_row;
  };
  struct Result {
    bool valid = false;
    int acc = 0;
    std::vector<Fp16Code> row;
  };
  [[nodiscard]] Result clock(const TilePorts& ports, const Codes& codes);

 private:
  struct Due {
    std::int64_t clock;
    Result result;
  };
  [[nodiscard]] Fp16Code chunk(const TilePorts& ports, const Codes& codes,
                               std::size_t column) const;
  void take_row(const TilePorts& ports, const Codes& codes);

  TileGeometry geometry_;
  std::size_t lanes_, cols_;
  std::int64_t now_ = 0;
  bool shadow_signed_ = false, active_signed_ = false;
  std::vector<std::uint16_t> shadow_, active_;  // [lane, column]
  std::vector<std::vector<Fp16Code>> acc_, bank_;
  std::deque<Due> due_;
};

}  // namespace nibble
