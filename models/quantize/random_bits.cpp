// A run of sixteen Philox blocks side by side, in a form that the compiler vectorises.
#include "models/quantize/random_bits.h"

#include "models/formats/vector_clones.h"

namespace nibble {

// Written out in full, as GCC would before it looks for vectors, loops of sixteen stay scalar, at
// nine times the time: hence the pragmas.
NIBBLE_VECTOR_CLONES
void random_words(const RandomStream& stream, std::uint64_t run, std::uint32_t* words) {
  constexpr int kBlocks = 16;
  // As 64-bit numbers whose low half counts: the product of two low halves is then one instruction.
  std::uint64_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    c0[i] = static_cast<std::uint32_t>(run * kBlocks) + static_cast<std::uint32_t>(i);
    c1[i] = stream.step;
    c2[i] = stream.layer;
    c3[i] = stream.use;
  }
  auto key0 = static_cast<std::uint32_t>(stream.seed);
  auto key1 = static_cast<std::uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 1
    for (int i = 0; i < kBlocks; ++i) {
      const std::uint64_t product0 = std::uint64_t{0xD2511F53} * (c0[i] & 0xFFFFFFFF);
      const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * (c2[i] & 0xFFFFFFFF);
      c0[i] = (product1 >> 32) ^ c1[i] ^ key0;
      c1[i] = product1;
      c2[i] = (product0 >> 32) ^ c3[i] ^ key1;
      c3[i] = product0;
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
#pragma GCC unroll 1
  for (int i = 0; i < kBlocks; ++i) {
    words[i] = static_cast<std::uint32_t>(c0[i]);
    words[kBlocks + i] = static_cast<std::uint32_t>(c1[i]);
    words[2 * kBlocks + i] = static_cast<std::uint32_t>(c2[i]);
    words[3 * kBlocks + i] = static_cast<std::uint32_t>(c3[i]);
  }
}

}  // namespace nibble
