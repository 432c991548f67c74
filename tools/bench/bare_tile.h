// The Verilated 4-bit tile on its own, clocked with rows that are already packed: the rate against
// which everything around it is measured.
#pragma once

#include <algorithm>
#include <ctime>
#include <random>
#include <vector>

#include "sim/tile/tile_backend.h"
#include "sim/tile/tile_rtl.h"

namespace nibble {

/// GMAC/s of this thread's processor time for one run.
template <typename Run>
double rate(std::int64_t macs, Run&& run) {
  const std::clock_t start = std::clock();
  run();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return static_cast<double>(macs) / std::max(seconds, 1e-6) / 1e9;
}

inline std::vector<NibbleCode> random_codes(std::int64_t count, std::mt19937& random) {
  std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() & 15U);
  return codes;
}

/// Passes of acc_rows rows, the next B loaded beside them: steady state, nothing but clocks.
class BareTile {
 public:
  BareTile(const TileGeometry& geometry, StreamFormat stream, std::mt19937& random)
      : geometry_(geometry),
        words_(geometry.lanes / 8),
        rows_(static_cast<std::size_t>(geometry.acc_rows * words_)),
        tile_(make_tile_rtl(geometry)) {
    for (std::uint32_t& word : rows_) word = static_cast<std::uint32_t>(random());
    ports_.b_signed = true;
    ports_.a_valid = true;
    ports_.a_format = static_cast<int>(stream);
  }

  double run() {
    constexpr int kPasses = 63;
    return rate(kPasses * geometry_.acc_rows * geometry_.macs_per_cycle(), [&] {
      for (int pass = 0; pass < kPasses; ++pass) stream_pass(pass);
    });
  }

 private:
  void stream_pass(int pass) {
    ports_.a_first = pass % 9 == 0;
    ports_.a_last = pass % 9 == 8;
    for (int row = 0; row < geometry_.acc_rows; ++row) {
      ports_.a_swap = row == 0;
      ports_.a_acc = row;
      ports_.a_row = rows_.data() + static_cast<std::size_t>(row * words_);
      ports_.b_row = row < geometry_.lanes ? ports_.a_row : nullptr;
      ports_.b_lane = row;
      (void)tile_->clock(ports_);
    }
  }

  TileGeometry geometry_;
  int words_;
  std::vector<std::uint32_t> rows_;
  std::unique_ptr<TileRtl> tile_;
  TilePorts ports_;
};

}  // namespace nibble
