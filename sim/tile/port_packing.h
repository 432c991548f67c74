// Codes of an operand row to the words of a tile's port: 4-bit codes, one a byte in memory, eight a
// word; 16-bit codes two a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nibble {

/// Packs `count` codes at `codes` (bytes, high nibbles zero) into `words` words, padded with zeros.
inline void pack_nibble_row(const std::uint8_t* codes, std::size_t count, std::uint32_t* row,
                            std::size_t words) {
  for (std::size_t w = 0; w < words; ++w) {
    const std::size_t done = 8 * w;
    const std::size_t left = count > done ? count - done : 0;
    std::uint64_t bytes = 0;
    if (left >= 8) {
      std::memcpy(&bytes, codes + done, 8);
    } else if (left > 0) {
      std::memcpy(&bytes, codes + done, left);
    }
    bytes = (bytes | bytes >> 4) & 0x00FF00FF00FF00FFU;
    bytes = (bytes | bytes >> 8) & 0x0000FFFF0000FFFFU;
    row[w] = static_cast<std::uint32_t>(bytes | bytes >> 16);
  }
}

inline void pack_fp16_row(const std::uint16_t* codes, std::size_t count, std::uint32_t* row,
                          std::size_t words) {
  std::memset(row, 0, 4 * words);
  std::memcpy(row, codes, 2 * count);
}

}  // namespace nibble
