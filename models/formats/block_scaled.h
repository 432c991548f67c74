// Block-scaled 4-bit formats: E2M1 elements in blocks of consecutive k that share a scale. One
// table row a format; NUMERICS section 8 [OCPMX, NVFP4]. An element's code is that of the grid e2m1
// (gradient_grid.h): units of 1/2, sign in bit 3.
//
// Scale codes are unsigned:
//   e8m0   2^(code - 127); 255 is NaN
//   e4m3   OCP's: e = 0: m * 2^-9; else 2^(e-7) * (1 + m/8); largest 448; 127 is NaN
// A block with a NaN scale makes every sum that it takes part in NaN.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "models/formats/gradient_grid.h"
#include "models/formats/int4.h"

namespace nibble {

enum class BlockScaleFormat : std::uint8_t { e8m0, e4m3 };

/// The order is that of kBlockFormats.
enum class BlockFormat : std::uint8_t { mxfp4, nvfp4 };

struct BlockFormatRow {
  const char* name;
  int block_len;  // elements a scale
  BlockScaleFormat scale;
  bool tensor_scale;  // a binary32 scale of the whole tensor above the blocks'
};

inline constexpr std::array<BlockFormatRow, 2> kBlockFormats{{
    {"mxfp4", 32, BlockScaleFormat::e8m0, false},
    {"nvfp4", 16, BlockScaleFormat::e4m3, true},
}};

[[nodiscard]] constexpr const BlockFormatRow& block_format(BlockFormat format) {
  return kBlockFormats[static_cast<std::size_t>(format)];
}

/// Which dimension of an operand is the GEMM's k, along which blocks are cut: the last of A [M,K],
/// the first of B [K,N].
enum class BlockAxis : std::uint8_t { k_last, k_first };

/// An operand: element = code's units / 2 * scale of its block * tensor_scale. The last block of a
/// row or column may be short.
struct BlockScaled {
  BlockFormat format = BlockFormat::mxfp4;
  BlockAxis axis = BlockAxis::k_last;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<NibbleCode> codes;     // [rows, columns], one a byte
  std::vector<std::uint8_t> scales;  // k_last: [rows, blocks]; k_first: [blocks, columns]
  float tensor_scale = 1.0F;

  [[nodiscard]] std::int64_t k() const { return axis == BlockAxis::k_last ? columns : rows; }
  [[nodiscard]] std::int64_t blocks() const {
    const int block_len = block_format(format).block_len;
    return (k() + block_len - 1) / block_len;
  }
};

inline constexpr std::uint8_t kE8m0Nan = 0xFF;
inline constexpr std::uint8_t kE4m3Nan = 0x7F;
inline constexpr std::uint8_t kE4m3Largest = 0x7E;  // 448
inline constexpr float kE4m3LargestValue = 448.0F;
inline constexpr float kE2m1Largest = 6.0F;
inline constexpr int kE2m1LargestExponent = 2;  // 6 = 1.5 * 2^2

/// Exact; NaN for the NaN code.
[[nodiscard]] inline float e8m0_value(std::uint8_t code) {
  // 2^-127 is one of binary32's subnormals.
  std::uint32_t bits = code == 0 ? 0x00400000U : static_cast<std::uint32_t>(code) << 23;
  bits = code == kE8m0Nan ? 0x7FC00000U : bits;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Exact; NaN for the NaN code. Bit 7 is not read.
[[nodiscard]] inline float e4m3_value(std::uint8_t code) {
  const std::uint32_t magnitude = code & 0x7F;
  std::uint32_t bits = (magnitude << 20) + ((127U - 7U) << 23);
  bits = magnitude == kE4m3Nan ? 0x7FC00000U : bits;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  const float subnormal = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-9F;
  return magnitude < 8 ? subnormal : value;
}

[[nodiscard]] inline float block_scale_value(BlockScaleFormat format, std::uint8_t code) {
  return format == BlockScaleFormat::e8m0 ? e8m0_value(code) : e4m3_value(code);
}

/// To nearest even; too large saturates at 448, infinity and NaN become kE4m3Nan. Precondition: not
/// negative.
[[nodiscard]] inline std::uint8_t e4m3_from_float(float x) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  // Half of the last kept place, less one unless the kept number is odd; a carry runs into the
  // exponent.
  const std::int32_t rounded = (bits + 0x7FFFF + ((bits >> 20) & 1)) >> 20;
  const std::int32_t normal = std::min<std::int32_t>(rounded - ((127 - 7) << 3), kE4m3Largest);
  // Below 2^-6: adding 2^14, whose last place is 2^-9, rounds to whole units of 2^-9.
  const float shifted = std::min(x, 0x1p-6F) + 0x1p14F;
  std::int32_t subnormal = 0;
  std::memcpy(&subnormal, &shifted, sizeof subnormal);
  const std::int32_t code = bits < 0x3C800000 ? subnormal & 0xF : normal;
  return static_cast<std::uint8_t>(bits >= 0x7F800000 ? kE4m3Nan : code);
}

}  // namespace nibble
