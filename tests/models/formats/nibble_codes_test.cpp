// The 4-bit formats: all sixteen codes of each, and packing two codes a byte.
#include <array>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/formats/fp4.h"
#include "models/formats/int4.h"

namespace nibble::testing {
namespace {

TEST_CASE("The sixteen codes of u4, s4 and fp4 have the values NUMERICS gives them") {
  const std::array<int, 16> s4{0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1};
  const std::array<int, 16> fp4{0, 1,  4,  16,  64,  256,  1024,  4096,
                                0, -1, -4, -16, -64, -256, -1024, -4096};
  for (int code = 0; code < 16; ++code) {
    const auto nibble_code = static_cast<NibbleCode>(code);
    CHECK(u4_value(nibble_code) == code);
    CHECK(s4_value(nibble_code) == s4[code]);
    CHECK(s4_code(s4[code]) == code);
    CHECK(fp4_units(nibble_code) == fp4[code]);
  }
  CHECK(fp4_unit_exponent(Fp4Phase::even) == -6);
  CHECK(fp4_unit_exponent(Fp4Phase::odd) == -7);
}

TEST_CASE("Codes are packed two a byte, low nibble first") {
  const std::vector<NibbleCode> codes{0x1, 0x2, 0xF, 0x0, 0x9};
  CHECK(pack_nibbles(codes.data(), 4) == std::vector<std::uint8_t>{0x21, 0x0F});
  CHECK(pack_nibbles(codes.data(), 5) == std::vector<std::uint8_t>{0x21, 0x0F, 0x09});
  CHECK(pack_nibbles(codes.data(), 0).empty());
}

TEST_CASE("Unpacking gives back what was packed, for even and odd counts") {
  std::mt19937 random(7);
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<NibbleCode> codes(count);
    for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() % 16);
    const std::vector<std::uint8_t> packed = pack_nibbles(codes.data(), count);
    REQUIRE(packed.size() == (count + 1) / 2);
    REQUIRE(unpack_nibbles(packed.data(), count) == codes);
  }
}

}  // namespace
}  // namespace nibble::testing
