// Packing for the micro-kernel: codes to the byte or int16 quads of gemm_simd_kernels.h, and
// accumulators to results. Included once for each instruction set.
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

using TagCodes = hn::Rebind<std::uint8_t, TagI32>;

/// One piece of a row as bytes: the codes, or a + 8 for an s4 stream.
inline void pack_bytes(const NibbleCode* codes, std::uint8_t flip, std::uint8_t* out) {
  const hn::ScalableTag<std::uint8_t> d8;
  for (int i = 0; i < kPieceBytes; i += static_cast<int>(hn::Lanes(d8))) {
    const auto code = hn::And(hn::LoadU(d8, codes + i), hn::Set(d8, 0xF));
    hn::StoreU(hn::Xor(code, hn::Set(d8, flip)), d8, out + i);
  }
}

/// One piece of a row as int16 values, looked up by code: low bytes in table[0..15], high in
/// table[16..31].
inline void pack_pairs(const NibbleCode* codes, const std::uint8_t* table, std::uint8_t* out) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < kPieceBytes / 2; ++i) {
    out[2 * i] = table[codes[i] & 0xF];
    out[2 * i + 1] = table[16 + (codes[i] & 0xF)];
  }
#else
  const hn::FixedTag<std::uint8_t, 16> d8;
  const hn::RepartitionToWide<decltype(d8)> d16;
  const auto low_table = hn::LoadU(d8, table);
  const auto high_table = hn::LoadU(d8, table + 16);
  for (int i = 0; i < kPieceBytes / 2; i += 16) {
    const auto code = hn::And(hn::LoadU(d8, codes + i), hn::Set(d8, 0xF));
    const auto low = hn::TableLookupBytes(low_table, code);
    const auto high = hn::TableLookupBytes(high_table, code);
    hn::StoreU(hn::BitCast(d8, hn::ZipLower(d16, low, high)), d8, out + 2 * i);
    hn::StoreU(hn::BitCast(d8, hn::ZipUpper(d16, low, high)), d8, out + 2 * i + 16);
  }
#endif
}

/// stream_value of all codes as the table of pack_pairs.
inline void fill_value_table(StreamFormat format, std::uint8_t* table) {
  for (int code = 0; code < 16; ++code) {
    const int value = stream_value(format, static_cast<NibbleCode>(code));
    table[code] = static_cast<std::uint8_t>(value & 0xFF);
    table[16 + code] = static_cast<std::uint8_t>((value >> 8) & 0xFF);
  }
}

inline void pack_stream(const NibbleCode* a, std::int64_t row_stride, std::int64_t codes,
                        StreamFormat format, const ChunkLayout& layout, int valid_rows,
                        int tile_rows, std::uint8_t* tile) {
  const bool bytes = layout.codes_per_quad == 4;
  const auto flip = static_cast<std::uint8_t>(format == StreamFormat::s4 ? 8 : 0);
  HWY_ALIGN std::uint8_t table[32];
  fill_value_table(format, table);
  const std::int64_t piece_codes = std::int64_t{kQuadsPerPiece} * layout.codes_per_quad;
  for (int row = 0; row < tile_rows; ++row) {
    const NibbleCode* source = a + std::min(row, valid_rows - 1) * row_stride;
    std::uint8_t* out = tile + row * kPieceBytes;
    for (std::int64_t chunk = 0; chunk < codes; chunk += layout.chunk_len) {
      const std::int64_t chunk_end = std::min(chunk + layout.chunk_len, codes);
      for (int piece = 0; piece < layout.pieces; ++piece) {
        const std::int64_t begin = chunk + piece * piece_codes;
        const std::int64_t count = std::clamp<std::int64_t>(chunk_end - begin, 0, piece_codes);
        const NibbleCode* from = source + begin;
        NibbleCode padded[kPieceBytes];
        if (count < piece_codes) {
          std::memset(padded, 0, sizeof padded);
          if (count > 0) std::memcpy(padded, from, static_cast<std::size_t>(count));
          from = padded;
        }
        bytes ? pack_bytes(from, flip, out) : pack_pairs(from, table, out);
        out += tile_rows * kPieceBytes;
      }
    }
  }
}

/// kLanes codes of one row of B, zeros beyond `valid`.
HWY_INLINE VecI32 load_codes(const NibbleCode* row, int valid) {
  const TagCodes d8;
  NibbleCode padded[kLanes] = {};
  if (valid < static_cast<int>(kLanes)) {
    if (valid > 0) std::memcpy(padded, row, static_cast<std::size_t>(valid));
    row = padded;
  }
  return hn::And(hn::PromoteTo(TagI32(), hn::LoadU(d8, row)), hn::Set(TagI32(), 0xF));
}

/// One vector of quads: the codes of rows k.. (those of them that exist) in ascending bytes or
/// int16, then sign-extended for s4. With s = the sign bits, each of weight 8 in its own field,
/// (s << 5) - (s << 1) puts 1111 above every negative nibble in an 8-bit field; 13 does in 16 bits.
HWY_INLINE VecI32 load_quad(const NibbleCode* b, std::int64_t row_stride, int rows, int valid,
                            bool bytes, StationaryFormat format) {
  const TagI32 di;
  const NibbleCode* end = b + rows * row_stride;
  VecI32 quad = load_codes(b, valid);
  b += row_stride;
  if (bytes) {
    if (b < end) quad = hn::Or(quad, hn::ShiftLeft<8>(load_codes(b, valid)));
    b += row_stride;
    if (b < end) quad = hn::Or(quad, hn::ShiftLeft<16>(load_codes(b, valid)));
    b += row_stride;
    if (b < end) quad = hn::Or(quad, hn::ShiftLeft<24>(load_codes(b, valid)));
  } else if (b < end) {
    quad = hn::Or(quad, hn::ShiftLeft<16>(load_codes(b, valid)));
  }
  if (format == StationaryFormat::u4) return quad;
  const VecI32 signs = hn::And(quad, hn::Set(di, bytes ? 0x08080808 : 0x00080008));
  const VecI32 high = bytes ? hn::ShiftLeft<5>(signs) : hn::ShiftLeft<13>(signs);
  return hn::Add(quad, hn::Sub(high, hn::Add(signs, signs)));
}

inline void pack_stationary(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                            const GemmArithmetic& arithmetic, const ChunkLayout& layout,
                            int valid_columns, int vectors, std::int32_t* panel,
                            std::int32_t* start) {
  const TagI32 di;
  const bool bytes = layout.codes_per_quad == 4;
  const bool offset = bytes && arithmetic.stream == StreamFormat::s4;
  const VecI32 eights = hn::Set(di, 0x08080808);
  for (std::int64_t chunk = 0; chunk < codes; chunk += layout.chunk_len) {
    const std::int64_t chunk_end = std::min(chunk + layout.chunk_len, codes);
    for (int v = 0; v < vectors; ++v) {
      const int column = v * static_cast<int>(kLanes);
      VecI32 offset_sum = DotBytes::start(hn::Zero(di));
      for (int q = 0; q < layout.quads; ++q) {
        const std::int64_t k = chunk + q * layout.codes_per_quad;
        const auto rows =
            static_cast<int>(std::clamp<std::int64_t>(chunk_end - k, 0, layout.codes_per_quad));
        const VecI32 quad = rows == 0
                                ? hn::Zero(di)
                                : load_quad(b + k * row_stride + column, row_stride, rows,
                                            valid_columns - column, bytes, arithmetic.stationary);
        hn::Store(quad, di, panel + (q * vectors + v) * kLanes);
        if (offset) offset_sum = DotBytes::step(offset_sum, eights, quad);
      }
      const VecI32 sum = DotBytes::finish(offset_sum, hn::Zero(di));
      hn::Store(hn::Sub(hn::Zero(di), sum), di, start + column);
    }
    panel += layout.quads * vectors * kLanes;
    start += vectors * kLanes;
  }
}

inline void store_fp16(const float* state, int columns, int exponent, Fp16Code* c) {
  const TagI32 di;
  const hn::Rebind<std::uint16_t, TagI32> d16;
  // Binary32's exponent and the nine mantissa bits that are left, moved to DLFloat16's bias.
  const VecI32 rebias = hn::Set(di, (127 - kFp16Bias - exponent) << kFp16MantissaBits);
  for (int n = 0; n < columns; n += static_cast<int>(kLanes)) {
    const VecI32 bits = hn::BitCast(di, hn::Load(TagF32(), state + n));
    const VecI32 magnitude = hn::ShiftRight<14>(hn::And(bits, hn::Set(di, 0x7FFFFFFF)));
    const VecI32 sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 0x8000));
    const VecI32 code = hn::Or(sign, hn::Sub(magnitude, rebias));
    const auto nonzero = hn::Ne(magnitude, hn::Zero(di));
    HWY_ALIGN Fp16Code out[kLanes];
    hn::Store(hn::DemoteTo(d16, hn::IfThenElseZero(nonzero, code)), d16, out);
    std::memcpy(c + n, out, sizeof(Fp16Code) * std::min<std::size_t>(kLanes, columns - n));
  }
}

inline void store_fp32(const float* state, int columns, int exponent, float* c) {
  const float unit = exponent < 0 ? 1.0F / static_cast<float>(1 << -exponent) : 1.0F;
  for (int n = 0; n < columns; ++n) c[n] = state[n] * unit;  // a power of two: exact
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#endif
