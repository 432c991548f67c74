// Packing for the micro-kernel: codes to the byte or int16 quads of gemm_simd_kernels.h. Included
// once for each instruction set.
//
// u8 * s8 needs an unsigned first operand. A u4 code is one already. An s4 stream is packed with an
// offset, a + 8 = code ^ 8, and every chunk sum then starts at -8 * sum(b), which costs nothing.
#if defined(NIBBLE_GEMM_SIMD_PACK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_GEMM_SIMD_PACK_INL_H
#undef NIBBLE_GEMM_SIMD_PACK_INL_H
#else
#define NIBBLE_GEMM_SIMD_PACK_INL_H
#endif

#include <algorithm>
#include <cstring>

#include "models/gemm/gemm_simd_dot-inl.h"
#include "models/gemm/gemm_simd_kernels.h"
#include "models/gemm/operand_values.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// A stream's codes as bytes: u4 as they are, s4 as a + 8.
class BytePacker {
 public:
  explicit BytePacker(StreamFormat format)
      : flip_(static_cast<std::uint8_t>(format == StreamFormat::s4 ? 8 : 0)) {}

  HWY_INLINE void piece(const NibbleCode* codes, std::uint8_t* out) const {
    const hn::ScalableTag<std::uint8_t> d8;
    for (int i = 0; i < kPieceBytes; i += static_cast<int>(hn::Lanes(d8))) {
      const auto code = hn::And(hn::LoadU(d8, codes + i), hn::Set(d8, 0xF));
      hn::Store(hn::Xor(code, hn::Set(d8, flip_)), d8, out + i);
    }
  }

 private:
  std::uint8_t flip_;
};

/// A stream's codes as int16 values, looked up in a table of low and one of high bytes.
class PairPacker {
 public:
  explicit PairPacker(StreamFormat format) {
    for (int code = 0; code < 16; ++code) {
      const int value = stream_value(format, static_cast<NibbleCode>(code));
      low_[code] = static_cast<std::uint8_t>(value & 0xFF);
      high_[code] = static_cast<std::uint8_t>((value >> 8) & 0xFF);
    }
  }

  HWY_INLINE void piece(const NibbleCode* codes, std::uint8_t* out) const {
#if HWY_TARGET == HWY_SCALAR
    for (int i = 0; i < kPieceBytes / 2; ++i) {
      out[2 * i] = low_[codes[i] & 0xF];
      out[2 * i + 1] = high_[codes[i] & 0xF];
    }
#else
    const hn::ScalableTag<std::uint16_t> d16;
    const hn::Repartition<std::uint8_t, decltype(d16)> d8;
    const hn::Rebind<std::uint8_t, decltype(d16)> d8_half;
    const auto low_table = hn::LoadDup128(d8, low_);
    const auto high_table = hn::LoadDup128(d8, high_);
    constexpr int kStep = static_cast<int>(hn::MaxLanes(d16));
    for (int i = 0; i < kPieceBytes / 2; i += kStep) {
      const auto code = hn::And(hn::LoadU(d8_half, codes + i), hn::Set(d8_half, 0xF));
      // Each code in the low byte of 16 bits. The high byte looks up code 0, whose value is 0.
      const auto index = hn::BitCast(d8, hn::PromoteTo(d16, code));
      const auto low = hn::BitCast(d16, hn::TableLookupBytes(low_table, index));
      const auto high = hn::BitCast(d16, hn::TableLookupBytes(high_table, index));
      hn::Store(hn::BitCast(d8, hn::Or(low, hn::ShiftLeft<8>(high))), d8, out + 2 * i);
    }
#endif
  }

 private:
  HWY_ALIGN std::uint8_t low_[16];
  HWY_ALIGN std::uint8_t high_[16];
};

/// Piece by piece, so that the stores are one stream and the loads one a row. What a piece holds
/// beyond its chunk does not matter: B has zeros there.
template <class Packer>
HWY_INLINE void pack_rows(const Packer& packer, const NibbleCode* a, std::int64_t row_stride,
                          std::int64_t codes, std::int64_t readable, const ChunkLayout& layout,
                          int valid_rows, int tile_rows, std::uint8_t* out) {
  const std::int64_t piece_codes = std::int64_t{kQuadsPerPiece} * layout.codes_per_quad;
  const std::int64_t last_row = (valid_rows - 1) * row_stride;
  for (std::int64_t chunk = 0; chunk < codes; chunk += layout.chunk_len) {
    const std::int64_t chunk_end = std::min(chunk + layout.chunk_len, codes);
    for (std::int64_t k = chunk; k < chunk_end; k += piece_codes) {
      const std::int64_t count = std::min(piece_codes, chunk_end - k);
      const bool all_readable = last_row + k + piece_codes <= readable;
      const NibbleCode* from = a + k;
      for (int row = 0; row < tile_rows; ++row) {
        if (HWY_LIKELY(all_readable)) {
          packer.piece(from, out);
        } else {
          NibbleCode padded[kPieceBytes] = {};
          std::memcpy(padded, from, static_cast<std::size_t>(count));
          packer.piece(padded, out);
        }
        if (row + 1 < valid_rows) from += row_stride;
        out += kPieceBytes;
      }
    }
  }
}

inline void pack_stream(const NibbleCode* a, std::int64_t row_stride, std::int64_t codes,
                        std::int64_t readable, StreamFormat format, const ChunkLayout& layout,
                        int valid_rows, int tile_rows, std::uint8_t* tile) {
  if (layout.codes_per_quad == 4) {
    pack_rows(BytePacker(format), a, row_stride, codes, readable, layout, valid_rows, tile_rows,
              tile);
  } else {
    pack_rows(PairPacker(format), a, row_stride, codes, readable, layout, valid_rows, tile_rows,
              tile);
  }
}

/// Sign-extends four-bit fields, each alone in a byte (or in 16 bits).
template <class Lane>
HWY_INLINE VecI32 sign_extend(VecI32 quad, std::int32_t eights) {
#if HWY_TARGET == HWY_SCALAR
  // With s = the sign bits, each of weight 8 in its field, (s << 5) - (s << 1) puts ones above
  // every negative nibble in an 8-bit field; 13 does in 16 bits.
  constexpr int kShift = sizeof(Lane) == 1 ? 5 : 13;
  const VecI32 signs = hn::And(quad, hn::Set(TagI32(), eights));
  return hn::Add(quad, hn::Sub(hn::ShiftLeft<kShift>(signs), hn::Add(signs, signs)));
#else
  const hn::Repartition<Lane, TagI32> d;
  const VecI32 eight = hn::Set(TagI32(), eights);
  return hn::BitCast(TagI32(),
                     hn::Sub(hn::BitCast(d, hn::Xor(quad, eight)), hn::BitCast(d, eight)));
#endif
}

/// kLanes codes of `rows` consecutive rows of B as a vector of quads of values.
template <bool kBytes>
HWY_INLINE VecI32 load_quad(const NibbleCode* b, std::int64_t row_stride, int rows,
                            StationaryFormat format) {
  const TagI32 di;
  const hn::Rebind<std::uint8_t, TagI32> d8;
  VecI32 quad = hn::PromoteTo(di, hn::LoadU(d8, b));
  if constexpr (kBytes) {
    if (rows > 1) {
      quad = hn::Or(quad, hn::ShiftLeft<8>(hn::PromoteTo(di, hn::LoadU(d8, b + row_stride))));
    }
    if (rows > 2) {
      quad = hn::Or(quad, hn::ShiftLeft<16>(hn::PromoteTo(di, hn::LoadU(d8, b + 2 * row_stride))));
    }
    if (rows > 3) {
      quad = hn::Or(quad, hn::ShiftLeft<24>(hn::PromoteTo(di, hn::LoadU(d8, b + 3 * row_stride))));
    }
    quad = hn::And(quad, hn::Set(di, 0x0F0F0F0F));
    return format == StationaryFormat::u4 ? quad : sign_extend<std::int8_t>(quad, 0x08080808);
  } else {
    if (rows > 1) {
      quad = hn::Or(quad, hn::ShiftLeft<16>(hn::PromoteTo(di, hn::LoadU(d8, b + row_stride))));
    }
    quad = hn::And(quad, hn::Set(di, 0x000F000F));
    return format == StationaryFormat::u4 ? quad : sign_extend<std::int16_t>(quad, 0x00080008);
  }
}

/// The same where fewer than kLanes columns exist; the others are zeros.
template <bool kBytes>
HWY_INLINE VecI32 load_narrow_quad(const NibbleCode* b, std::int64_t row_stride, int rows,
                                   int columns, StationaryFormat format) {
  NibbleCode padded[4 * kLanes] = {};
  for (int row = 0; row < rows; ++row) {
    std::memcpy(padded + row * kLanes, b + row * row_stride, static_cast<std::size_t>(columns));
  }
  return load_quad<kBytes>(padded, kLanes, rows, format);
}

/// One chunk of `rows` rows, one vector of columns of a panel that is `stride` int32 wide.
template <bool kBytes>
HWY_INLINE void pack_chunk(const NibbleCode* b, std::int64_t row_stride, int rows, int columns,
                           const GemmArithmetic& arithmetic, std::size_t stride,
                           std::int32_t* panel, std::int32_t* start) {
  constexpr int kCodes = kBytes ? 4 : 2;
  const TagI32 di;
  const StationaryFormat format = arithmetic.stationary;
  const bool offset = kBytes && arithmetic.stream == StreamFormat::s4;
  const bool narrow = columns < static_cast<int>(kLanes);
  VecI32 sum = DotBytes::start(hn::Zero(di));
  for (; rows > 0; rows -= kCodes, b += kCodes * row_stride) {
    const int some = std::min(rows, kCodes);
    const VecI32 quad = narrow ? load_narrow_quad<kBytes>(b, row_stride, some, columns, format)
                        : some == kCodes ? load_quad<kBytes>(b, row_stride, kCodes, format)
                                         : load_quad<kBytes>(b, row_stride, some, format);
    hn::Store(quad, di, panel);
    if (offset) sum = DotBytes::step(sum, hn::Set(di, 0x08080808), quad);
    panel += stride;
  }
  hn::Store(hn::Sub(hn::Zero(di), DotBytes::finish(sum, hn::Zero(di))), di, start);
}

/// Chunk by chunk, so that the rows of one chunk stay in the first-level cache.
template <bool kBytes>
HWY_INLINE void pack_panels(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                            std::int64_t columns, const GemmArithmetic& arithmetic,
                            const ChunkLayout& layout, std::int32_t* panels, std::int32_t* starts) {
  constexpr auto kStep = static_cast<std::int64_t>(kLanes);
  const std::int64_t whole = (columns + kStep - 1) / kStep * kStep;
  const std::int64_t chunks = (codes + layout.chunk_len - 1) / layout.chunk_len;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const std::int64_t k = chunk * layout.chunk_len;
    const int rows = static_cast<int>(std::min<std::int64_t>(layout.chunk_len, codes - k));
    for (std::int64_t n = 0; n < whole; n += kStep) {
      const std::int64_t in_panel = n % (2 * kStep);
      const std::int64_t width = std::min(2 * kStep, whole - (n - in_panel));
      // Panels before this one, chunks before this one, then its own columns.
      const std::int64_t column = (n - in_panel) * chunks;
      pack_chunk<kBytes>(b + k * row_stride + n, row_stride, rows,
                         static_cast<int>(std::min(kStep, columns - n)), arithmetic,
                         static_cast<std::size_t>(width),
                         panels + (column + chunk * width) * layout.quads + in_panel,
                         starts + column + chunk * width + in_panel);
    }
  }
}

inline void pack_stationary(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                            std::int64_t columns, const GemmArithmetic& arithmetic,
                            const ChunkLayout& layout, std::int32_t* panels, std::int32_t* starts) {
  (layout.codes_per_quad == 4 ? pack_panels<true> : pack_panels<false>)(b, row_stride, codes,
                                                                        columns, arithmetic, layout,
                                                                        panels, starts);
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
