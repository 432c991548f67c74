// Packing of 4-bit codes as traces and DRAM images hold them: two a byte, low nibble first.
#include "models/formats/int4.h"

namespace nibble {

std::vector<std::uint8_t> pack_nibbles(const NibbleCode* codes, std::size_t count) {
  std::vector<std::uint8_t> packed((count + 1) / 2);
  for (std::size_t i = 0; i < count / 2; ++i) {
    packed[i] = static_cast<std::uint8_t>((codes[2 * i] & 0xF) | (codes[2 * i + 1] & 0xF) << 4);
  }
  if (count % 2 != 0) packed.back() = codes[count - 1] & 0xF;
  return packed;
}

std::vector<NibbleCode> unpack_nibbles(const std::uint8_t* packed, std::size_t count) {
  std::vector<NibbleCode> codes(count);
  for (std::size_t i = 0; i < count / 2; ++i) {
    codes[2 * i] = packed[i] & 0xF;
    codes[2 * i + 1] = packed[i] >> 4;
  }
  if (count % 2 != 0) codes[count - 1] = packed[count / 2] & 0xF;
  return codes;
}

}  // namespace nibble
