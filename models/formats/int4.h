// The two integer formats: u4 (0..15, activations after PACT) and s4 (two's complement -8..7,
// weights after SAWB). A code is the low nibble of a byte; packed arrays hold two codes a byte,
// low nibble first. Source: NUMERICS section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nibble {

using NibbleCode = std::uint8_t;  // only the low four bits are used; the high four are zero

[[nodiscard]] constexpr int u4_value(NibbleCode code) { return code & 0xF; }
[[nodiscard]] constexpr int s4_value(NibbleCode code) { return ((code & 0xF) ^ 8) - 8; }
/// Precondition: -8 <= value <= 7.
[[nodiscard]] constexpr NibbleCode s4_code(int value) {
  return static_cast<NibbleCode>(value & 0xF);
}

/// Two codes a byte, low nibble first; an odd count leaves the last high nibble zero.
[[nodiscard]] std::vector<std::uint8_t> pack_nibbles(const NibbleCode* codes, std::size_t count);
/// Inverse of pack_nibbles. Precondition: `packed` holds (count + 1) / 2 bytes.
[[nodiscard]] std::vector<NibbleCode> unpack_nibbles(const std::uint8_t* packed, std::size_t count);

}  // namespace nibble
