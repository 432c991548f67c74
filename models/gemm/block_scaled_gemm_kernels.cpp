// Compiles the SIMD block-scaled GEMM once for every instruction set. Block sums stay in registers;
// the running sums in the first-level cache. Products and sums are not contracted into one
// operation: where a term is not exact, that would show.
#include "models/gemm/block_scaled_gemm_kernels.h"

#include <algorithm>
#include <cstring>
#include <utility>

#define HWY_WANT_AVX3_DL  // AVX-512 with VNNI is opt-in
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/gemm/block_scaled_gemm_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/formats/gradient_grid.h"
#include "models/gemm/gemm_simd_dot-inl.h"
#include "models/gemm/gemm_simd_kernels.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// E2M1 codes to units, one an int32 lane.
class UnitTable {
 public:
  UnitTable() {
    for (int code = 0; code < 16; ++code) {
      units_[code] = static_cast<std::int8_t>(
          gradient_units(GradientGrid::e2m1, static_cast<NibbleCode>(code)));
    }
  }

  HWY_INLINE VecI32 units(const NibbleCode* codes) const {
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(TagI32(), units_[codes[0] & 0xF]);
#else
    const hn::Rebind<std::int8_t, TagI32> d8;
    const hn::Rebind<std::uint8_t, TagI32> du8;
    const hn::FixedTag<std::int8_t, 16> table;
    const auto code = hn::BitCast(d8, hn::And(hn::LoadU(du8, codes), hn::Set(du8, 0xF)));
    const auto units = hn::TableLookupBytes(hn::Load(table, units_), code);
    return hn::PromoteTo(TagI32(), hn::PromoteTo(hn::Rebind<std::int16_t, TagI32>(), units));
#endif
  }

 private:
  HWY_ALIGN std::int8_t units_[16];
};

void pack_panel(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                std::int64_t columns, std::int64_t quads, int vectors, std::int32_t* panel) {
  const TagI32 di;
  const UnitTable table;
  constexpr auto kStep = static_cast<std::int64_t>(kLanes);
  const auto load = [&](std::int64_t k, std::int64_t n) HWY_ATTR {
    if (k >= codes || n >= columns) return hn::Zero(di);
    const NibbleCode* from = b + k * row_stride + n;
    if (n + kStep <= columns) return table.units(from);
    NibbleCode padded[kLanes] = {};
    std::memcpy(padded, from, static_cast<std::size_t>(columns - n));
    return table.units(padded);
  };
  for (std::int64_t quad = 0; quad < quads; ++quad) {
    for (int v = 0; v < vectors; ++v) {
      const VecI32 low = hn::And(load(2 * quad, v * kStep), hn::Set(di, 0xFFFF));
      const VecI32 high = hn::ShiftLeft<16>(load(2 * quad + 1, v * kStep));
      hn::Store(hn::Or(low, high), di, panel);
      panel += kStep;
    }
  }
}

HWY_INLINE VecI32 broadcast_pair(const std::uint8_t* quad) {
  std::int32_t bits = 0;
  std::memcpy(&bits, quad, sizeof bits);
  return hn::Set(TagI32(), bits);
}

/// I numbers the Rows x Vectors accumulators, row major, as in gemm_simd_multiply-inl.h.
template <std::size_t Rows, std::size_t Vectors, std::size_t... I>
HWY_INLINE void multiply_scaled(const BlockTileProduct& product, std::index_sequence<I...>) {
  const TagI32 di;
  const TagF32 df;
  HWY_ALIGN float sums[Rows * Vectors * kLanes];
  std::copy(product.state, product.state + Rows * Vectors * kLanes, sums);
  const std::uint8_t* a = product.a;
  const std::int32_t* b = product.b;
  const float* a_scale = product.a_scales;
  const float* b_scale = product.b_scales;
  for (std::int64_t block = 0; block < product.blocks; ++block) {
    VecI32 acc[Rows * Vectors];
    ((acc[I] = hn::Zero(di)), ...);
    const std::uint8_t* const end = a + 4 * product.quads;
    for (const std::uint8_t* quad = a; quad != end; quad += 4) {
      ((acc[I] = DotPairs::step(acc[I], broadcast_pair(quad + I / Vectors * kPieceBytes),
                                hn::Load(di, b + I % Vectors * kLanes))),
       ...);
      b += Vectors * kLanes;
    }
    a += Rows * kPieceBytes;
    const auto term = [&](VecI32 sum, std::size_t i) HWY_ATTR {
      const VecF32 scale =
          hn::Mul(hn::Set(df, a_scale[i / Vectors]), hn::Load(df, b_scale + i % Vectors * kLanes));
      return hn::Mul(scale, hn::ConvertTo(df, sum));
    };
    (hn::Store(hn::Add(hn::Load(df, sums + I * kLanes), term(acc[I], I)), df, sums + I * kLanes),
     ...);
    a_scale += Rows;
    b_scale += Vectors * kLanes;
  }
  std::copy(sums, sums + Rows * Vectors * kLanes, product.state);
}

template <std::size_t Rows, std::size_t Vectors>
HWY_NOINLINE void multiply_tile(const BlockTileProduct& product) {
  multiply_scaled<Rows, Vectors>(product, std::make_index_sequence<Rows * Vectors>());
}

template <std::size_t Vectors>
HWY_INLINE void multiply_rows(const BlockTileProduct& product, int tile_rows) {
#if HWY_CAP_GE512
  if (tile_rows == 12) return multiply_tile<12, Vectors>(product);
  if (tile_rows == 8) return multiply_tile<8, Vectors>(product);
#endif
  (void)tile_rows;
  multiply_tile<4, Vectors>(product);
}

void multiply_blocks(const BlockTileProduct& product, int tile_rows, int vectors) {
  if (vectors == 2) return multiply_rows<2>(product, tile_rows);
  multiply_rows<1>(product, tile_rows);
}

const BlockGemmKernels* block_kernels() {
  static constexpr BlockGemmKernels table = {static_cast<int>(kLanes), pack_panel, multiply_blocks};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {

HWY_EXPORT(block_kernels);

const BlockGemmKernels& block_gemm_kernels() { return *HWY_DYNAMIC_DISPATCH(block_kernels)(); }

}  // namespace nibble
#endif  // HWY_ONCE
