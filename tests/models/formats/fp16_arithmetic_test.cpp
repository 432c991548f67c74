// fp16_add and fp16_fma against exact integer sums rounded by search.
#include <algorithm>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/formats/fp16.h"
#include "tests/models/formats/exact_fp16.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260102;

Fp16Code make_code(bool negative, int exponent, int mantissa) {
  return static_cast<Fp16Code>((negative ? 0x8000 : 0) | exponent << 9 | mantissa);
}

/// Zeros, both NaN-infinities, the ends of the range, one and its neighbours; both signs.
std::vector<Fp16Code> special_codes() {
  std::vector<Fp16Code> codes;
  for (const int magnitude :
       {0x0000, 0x0001, 0x0002, 0x00FF, 0x0100, 0x01FF, 0x0200, 0x0201, 0x0400, 0x3DFF, 0x3E00,
        0x3E01, 0x4000, 0x5000, 0x7C00, 0x7DFF, 0x7E00, 0x7F00, 0x7FFD, 0x7FFE, 0x7FFF}) {
    codes.push_back(static_cast<Fp16Code>(magnitude));
    codes.push_back(static_cast<Fp16Code>(magnitude | 0x8000));
  }
  return codes;
}

void require_fma(Fp16Code a, Fp16Code b, Fp16Code c) {
  const Fp16Code result = fp16_fma(a, b, c);
  const Fp16Code expected = exact_fma(a, b, c);
  if (result == expected) return;  // CAPTURE is slow, so only on the way to a failure
  CAPTURE(a, b, c);
  REQUIRE(result == expected);
}

TEST_CASE("Special values add exactly") {
  for (const Fp16Code a : special_codes()) {
    for (const Fp16Code b : special_codes()) {
      CAPTURE(a, b);
      REQUIRE(fp16_add(a, b) == exact_add(a, b));
    }
  }
}

TEST_CASE("NaN-infinity is sticky, whatever its sign") {
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const auto x = static_cast<Fp16Code>(i);
    for (const Fp16Code special : {Fp16Code{0x7FFF}, Fp16Code{0xFFFF}}) {
      REQUIRE(fp16_add(x, special) == 0x7FFF);
      REQUIRE(fp16_add(special, x) == 0x7FFF);
      REQUIRE(fp16_fma(special, x, 0) == 0x7FFF);
      REQUIRE(fp16_fma(x, special, 0x3E00) == 0x7FFF);
      REQUIRE(fp16_fma(x, 0, special) == 0x7FFF);
    }
  }
}

TEST_CASE("All pairs of significands add exactly at every exponent difference, both signs") {
  std::uint64_t mismatches = 0;
  // The smaller exponent is 1, because exponent 0 with mantissa 0 is not significand 1 but zero.
  for (int difference = 0; difference < 63; ++difference) {
    for (int a = 0; a < 512; ++a) {
      const Fp16Code larger = make_code(false, 1 + difference, a);
      for (int b = 0; b < 512; ++b) {
        for (const bool negative : {false, true}) {
          const Fp16Code smaller = make_code(negative, 1, b);
          mismatches += fp16_add(larger, smaller) != exact_add(larger, smaller) ? 1 : 0;
        }
      }
    }
  }
  CHECK(mismatches == 0);
}

TEST_CASE("Sums at the top of the range overflow exactly where they must") {
  std::uint64_t mismatches = 0;
  for (int difference = 0; difference < 12; ++difference) {
    for (int a = 0; a < 512; ++a) {
      for (int b = 0; b < 512; b += 3) {
        const Fp16Code x = make_code(true, 63, a);
        const Fp16Code y = make_code(true, 63 - difference, b);
        mismatches += fp16_add(x, y) != exact_add(x, y) ? 1 : 0;
      }
    }
  }
  CHECK(mismatches == 0);
}

TEST_CASE("A running sum of equal numbers stops growing after 1,025 to 1,536 of them") {
  // Why the default accumulator has two levels (NUMERICS section 2).
  int fewest = 1 << 20;
  int most = 0;
  for (int mantissa = 0; mantissa < 512; ++mantissa) {
    const Fp16Code term = make_code(false, kFp16Bias, mantissa);
    int terms = 1;
    Fp16Code sum = term;
    for (Fp16Code next = fp16_add(sum, term); next != sum; next = fp16_add(sum, term)) {
      sum = next;
      ++terms;
    }
    fewest = std::min(fewest, terms);
    most = std::max(most, terms);
  }
  CHECK(fewest == 1025);
  CHECK(most == 1536);
}

TEST_CASE("Random pairs add exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 4'000'000; ++i) {
    const std::uint64_t bits = random();
    const auto a = static_cast<Fp16Code>(bits);
    const auto b = static_cast<Fp16Code>(bits >> 16);
    if (fp16_add(a, b) == exact_add(a, b)) continue;
    CAPTURE(a, b);
    REQUIRE(fp16_add(a, b) == exact_add(a, b));
  }
}

TEST_CASE("Special values multiply and add exactly") {
  for (const Fp16Code a : special_codes()) {
    for (const Fp16Code b : special_codes()) {
      for (const Fp16Code c : special_codes()) require_fma(a, b, c);
    }
  }
}

TEST_CASE("A product on a rounding boundary is tipped by the smallest addend at any distance") {
  // The trap of every fused multiply-add that rounds twice: the product ends in exactly half a
  // place and the addend lies below everything a wider intermediate keeps.
  std::vector<std::pair<int, int>> ties;
  for (int a = 512; a < 1024; ++a) {
    for (int b = a; b < 1024; ++b) {
      const int product = a * b;
      const int half = product < (1 << 19) ? 1 << 8 : 1 << 9;
      if (product % (2 * half) == half) ties.emplace_back(a - 512, b - 512);
    }
  }
  REQUIRE(ties.size() > 100);
  for (const auto& [a, b] : ties) {
    for (const int exponent : {20, 45, 62}) {
      const Fp16Code x = make_code(false, exponent, a);
      const Fp16Code y = make_code(exponent == 45, exponent, b);
      for (int addend = 0; addend < 64; ++addend) {
        for (const bool negative : {false, true}) {
          require_fma(x, y, make_code(negative, addend, addend == 0 ? 1 : 0));
          require_fma(x, y, make_code(negative, addend, 511 - addend));
        }
      }
    }
  }
}

TEST_CASE("Chosen significands multiply and add exactly at every pair of exponents") {
  const std::vector<int> mantissas{0, 1, 2, 255, 256, 257, 509, 510, 511};
  for (int product_exponent = -18; product_exponent <= 126; ++product_exponent) {
    const int ea = std::clamp(product_exponent / 2, 0, 63);
    const int eb = product_exponent - ea;
    if (eb < 0 || eb > 63) continue;
    for (int ec = 0; ec < 64; ++ec) {
      for (const int ma : mantissas) {
        for (const int mc : mantissas) {
          for (const bool negative : {false, true}) {
            const int mb = mantissas[static_cast<std::size_t>(ma + mc + ec) % mantissas.size()];
            require_fma(make_code(false, ea, ma), make_code(false, eb, mb),
                        make_code(negative, ec, mc));
          }
        }
      }
    }
  }
}

TEST_CASE("Random triples multiply and add exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1'500'000; ++i) {
    const std::uint64_t bits = random();
    require_fma(static_cast<Fp16Code>(bits), static_cast<Fp16Code>(bits >> 16),
                static_cast<Fp16Code>(bits >> 32));
  }
}

TEST_CASE("Random triples whose addend lies near the product multiply and add exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1'500'000; ++i) {
    const std::uint64_t bits = random();
    const int ea = static_cast<int>(bits % 64);
    const int eb = static_cast<int>((bits >> 6) % 64);
    const int distance = static_cast<int>((bits >> 12) % 32) - 16;
    const int ec = std::clamp(ea + eb - kFp16Bias + distance, 0, 63);
    require_fma(make_code((bits >> 20) % 2 != 0, ea, static_cast<int>((bits >> 21) % 512)),
                make_code((bits >> 30) % 2 != 0, eb, static_cast<int>((bits >> 31) % 512)),
                make_code((bits >> 40) % 2 != 0, ec, static_cast<int>((bits >> 41) % 512)));
  }
}

}  // namespace
}  // namespace nibble::testing
