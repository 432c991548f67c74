#include <random>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/exact_fp16.h"

namespace nibble {
namespace {

/// Both signs of the chosen mantissas in the chosen binades: ends of the range, neighbours of
/// powers of two, midpoints of mantissas; zeros and NaN-infinity are among them.
std::vector<Fp16Code> special_codes(int exponent_step) {
  std::vector<Fp16Code> codes;
  for (int exponent = 0; exponent < 64; ++exponent) {
    if (exponent % exponent_step != 0 && exponent > 1 && exponent < 62) continue;
    for (const int mantissa : {0, 1, 2, 255, 256, 257, 510, 511}) {
      codes.push_back(static_cast<Fp16Code>(exponent << 9 | mantissa));
      codes.push_back(static_cast<Fp16Code>(0x8000 | exponent << 9 | mantissa));
    }
  }
  return codes;
}

/// A finite code whose exponent lies within `spread` of a target, any sign and mantissa.
Fp16Code near_exponent(std::uint64_t random, int exponent, int spread) {
  const int wanted = exponent + static_cast<int>((random >> 20) % (2U * spread + 1)) - spread;
  const int clamped = wanted < 0 ? 0 : (wanted > 63 ? 63 : wanted);
  return static_cast<Fp16Code>((random & 0x81FF) | static_cast<unsigned>(clamped) << 9);
}

int exponent_of(Fp16Code code) { return code >> 9 & 63; }

class AdderCheck {
 public:
  AdderCheck(UnitCheck& check, RtlProbe& probe) : check_(check), probe_(probe) {}
  void expect(Fp16Code a, Fp16Code b) {
    const Fp16Code exact = exact_add(a, b);
    const Fp16Code reference = fp16_add(a, b);
    const Fp16Code rtl = probe_.add(a, b);
    check_.expect(rtl == exact && reference == exact, [&] {
      return fmt::format("{:04x} + {:04x}: expected {:04x}, reference {:04x}, RTL {:04x}", a, b,
                         exact, reference, rtl);
    });
  }

 private:
  UnitCheck& check_;
  RtlProbe& probe_;
};

class FmaCheck {
 public:
  FmaCheck(UnitCheck& check, RtlProbe& probe) : check_(check), probe_(probe) {}
  void expect(Fp16Code a, Fp16Code b, Fp16Code c) {
    const Fp16Code exact = exact_fma(a, b, c);
    const Fp16Code reference = fp16_fma(a, b, c);
    const Fp16Code rtl = probe_.fma(a, b, c);
    check_.expect(rtl == exact && reference == exact, [&] {
      return fmt::format("{:04x} * {:04x} + {:04x}: expected {:04x}, reference {:04x}, RTL {:04x}",
                         a, b, c, exact, reference, rtl);
    });
  }

 private:
  UnitCheck& check_;
  RtlProbe& probe_;
};

}  // namespace

void check_adder(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  AdderCheck adder(check, probe);
  const std::vector<Fp16Code> specials = special_codes(scope.quick ? 8 : 1);
  for (const Fp16Code a : specials) {
    for (const Fp16Code b : specials) adder.expect(a, b);
  }
  // A third anything, the rest with exponents so close that bits meet or cancel.
  std::mt19937_64 random(scope.seed);
  for (std::int64_t i = scope.random_cases(5'000'000); i > 0; --i) {
    const std::uint64_t bits = random();
    const auto a = static_cast<Fp16Code>(bits);
    const auto b = static_cast<Fp16Code>(bits >> 16);
    adder.expect(a,
                 i % 3 == 0 ? b : near_exponent(bits >> 16, exponent_of(a), i % 3 == 1 ? 2 : 12));
  }
}

void check_fma(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  FmaCheck fma(check, probe);
  const std::vector<Fp16Code> specials = special_codes(scope.quick ? 64 : 16);
  for (const Fp16Code a : specials) {
    for (const Fp16Code b : specials) {
      for (const Fp16Code c : specials) fma.expect(a, b, c);
    }
  }
  // A quarter each: anything; the addend's exponent near the product's; the addend a few places
  // from the negated product; all exponents in the middle of the range.
  std::mt19937_64 random(scope.seed);
  for (std::int64_t i = scope.random_cases(5'000'000); i > 0; --i) {
    const std::uint64_t bits = random();
    auto a = static_cast<Fp16Code>(bits);
    auto b = static_cast<Fp16Code>(bits >> 16);
    auto c = static_cast<Fp16Code>(bits >> 32);
    if (i % 4 == 1) {
      c = near_exponent(bits >> 32, exponent_of(a) + exponent_of(b) - 31, 12);
    } else if (i % 4 == 2) {
      const int places = static_cast<int>((bits >> 32) % 9) - 4;
      c = static_cast<Fp16Code>((exact_fma(a, b, 0) ^ 0x8000) + places);
    } else if (i % 4 == 3) {
      a = near_exponent(bits, 31, 4);
      b = near_exponent(bits >> 16, 31, 4);
      c = near_exponent(bits >> 32, 31, 12);
    }
    fma.expect(a, b, c);
  }
}

}  // namespace nibble
