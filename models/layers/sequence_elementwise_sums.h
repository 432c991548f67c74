// The order in which the SFU's sequence work adds in binary32 (NUMERICS section 4): fixed, so that
// results depend neither on threads nor on the instruction set, and many running sums side by side,
// so that it is fast and more exact than one long sum.
#pragma once

#include <cstdint>
#include <vector>

namespace nibble {

// One vector register of the widest machine.
inline constexpr std::int64_t kSumLanes = 16;
// Rows that are added before their sum joins the total of sum_rows.
inline constexpr std::int64_t kSumRows = 64;

/// Sum of term(c), c = 0 ... count - 1, over the channels of one position. Sixteen running sums,
/// each in increasing c: sum l takes c = l, l + 16, ... Then lane l + 8 is added to lane l, l + 4
/// to l, l + 2 to l, 1 to 0.
template <typename Term>
[[nodiscard]] inline __attribute__((always_inline)) float sum_channels_of_row(std::int64_t count,
                                                                              const Term& term) {
  float lanes[kSumLanes] = {};
  std::int64_t c = 0;
  for (; c + kSumLanes <= count; c += kSumLanes) {
    for (std::int64_t lane = 0; lane < kSumLanes; ++lane) lanes[lane] += term(c + lane);
  }
  for (std::int64_t lane = 0; c + lane < count; ++lane) lanes[lane] += term(c + lane);
  for (std::int64_t half = kSumLanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/// sums[c] += term(row, c) summed over rows: within 64 consecutive rows in order from +0, then the
/// sums of these blocks in order onto what `sums` holds.
template <typename Term>
inline __attribute__((always_inline)) void sum_rows(std::int64_t rows, std::int64_t channels,
                                                    const Term& term, float* __restrict sums) {
  std::vector<float> block_sums(static_cast<std::size_t>(channels));
  float* __restrict block = block_sums.data();
  for (std::int64_t first = 0; first < rows; first += kSumRows) {
    const std::int64_t end = first + kSumRows < rows ? first + kSumRows : rows;
    for (std::int64_t c = 0; c < channels; ++c) block[c] = 0;
    for (std::int64_t row = first; row < end; ++row) {
      for (std::int64_t c = 0; c < channels; ++c) block[c] += term(row, c);
    }
    for (std::int64_t c = 0; c < channels; ++c) sums[c] += block[c];
  }
}

}  // namespace nibble
