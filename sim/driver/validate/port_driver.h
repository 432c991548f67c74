// Random but lawful stimulus for a tile's ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "sim/driver/validate/tile_port_model.h"

namespace nibble {

/// Drives the ports as a careless but law-abiding sequencer would: loads with gaps, swaps at any
/// row after a complete load, bubbles, accumulators in any order, folds in between.
class PortDriver {
 public:
  PortDriver(const TileGeometry& geometry, std::uint64_t seed);

  /// The ports of the next clock; they point into this object.
  [[nodiscard]] TilePorts next();
  /// What those ports carry, one element a code.
  [[nodiscard]] const TilePortModel::Codes& codes() const { return codes_; }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  [[nodiscard]] bool nibbles() const { return geometry_.precision == TilePrecision::nibble4; }
  [[nodiscard]] std::size_t code_bits() const { return nibbles() ? 4 : 16; }
  void choose_row(TilePorts& ports);
  void choose_load(TilePorts& ports);
  void fill(std::vector<std::uint16_t>& codes, std::vector<std::uint32_t>& words);
  [[nodiscard]] std::uint16_t random_code();

  TileGeometry geometry_;
  std::mt19937_64 random_;
  TilePortModel::Codes codes_;
  std::vector<std::uint32_t> a_words_, b_words_;
  std::vector<bool> acc_filled_, bank_filled_;
  int loaded_lanes_ = 0;
  bool has_active_ = false, b_signed_ = false;
};

}  // namespace nibble
