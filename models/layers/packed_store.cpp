// Accumulators to scaled fp16 results: every result of a 4-bit pass goes through here once.
#include <cmath>

#include "models/layers/packed_operand.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/layers/packed_store.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/layers/fp16_encode-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// The columns from `first` on, a vector and a row after the other.
void store_rest(const StateTile& tile, std::int64_t first, VecF32 factor,
                const std::int32_t* offsets, Fp16Code* results) {
  for (int row = 0; row < tile.rows; ++row) {
    const float* state = tile.state + row * tile.width;
    for (std::int64_t i = first; i < tile.columns; i += kLanes) {
      encode(hn::Mul(hn::LoadU(TagF32(), state + i), factor), tile.columns - i,
             results + offsets[row] + i);
    }
  }
}

void store_tile(const StateTile& tile, float scale, const std::int32_t* offsets,
                Fp16Code* results) {
  const VecF32 factor = all(scale);
  const auto load = [&](int row, std::int64_t i) HWY_ATTR {
    return hn::Mul(hn::Load(TagF32(), tile.state + row * tile.width + i), factor);
  };
  if (tile.columns == kLanes) {
    int row = 0;
    for (; row + 1 < tile.rows; row += 2) {
      encode_two(load(row, 0), load(row + 1, 0), results + offsets[row],
                 results + offsets[row + 1]);
    }
    if (row < tile.rows) encode(load(row, 0), kLanes, results + offsets[row]);
    return;
  }
  const std::int64_t in_twos = tile.columns / (2 * kLanes) * (2 * kLanes);
  for (int row = 0; row < tile.rows; ++row) {
    for (std::int64_t i = 0; i < in_twos; i += 2 * kLanes) {
      Fp16Code* to = results + offsets[row] + i;
      encode_two(load(row, i), load(row, i + kLanes), to, to + kLanes);
    }
  }
  if (in_twos < tile.columns) store_rest(tile, in_twos, factor, offsets, results);
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(store_tile);

}  // namespace

void store_scaled(const StateTile& tile, const std::int32_t* offsets, Fp16Code* results) {
  // Both factors at once: 2^exponent is at most 1 and a state at least 1, so that what this rounds
  // or loses lies far below fp16's smallest number.
  const float scale = std::ldexp(tile.scale, tile.exponent);
  HWY_DYNAMIC_DISPATCH(store_tile)(tile, scale, offsets, results);
}

}  // namespace nibble
#endif  // HWY_ONCE
