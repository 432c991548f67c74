#include <cmath>
#include <cstring>
#include <random>

#include <fmt/format.h>

#include "models/quantize/pact.h"
#include "models/quantize/sawb.h"
#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/exact_fp16.h"

namespace nibble {
namespace {

constexpr std::uint32_t kFp16Codes = 1U << 16;

float single_value(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint32_t single_bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Scales of the integer quantisers: the ends of the format, both signs, and then anything.
std::vector<Fp16Code> scales(const CheckScope& scope, std::size_t full) {
  std::vector<Fp16Code> codes = {0x3E00, 0x43C0, 0x0000, 0x8000, 0x7FFF, 0xFFFF,
                                 0x0001, 0x7FFE, 0xBE00, 0x3FFF, 0x4000};
  std::mt19937_64 random(scope.seed);
  const std::size_t count = scope.quick ? full / 5 : full;
  while (codes.size() < count) {
    // Two of three between 2^-8 and 2^8, where neither everything nor nothing saturates.
    const auto bits = static_cast<unsigned>(random());
    const unsigned exponent = codes.size() % 3 != 0 ? 23 + (bits >> 9) % 16 : (bits >> 9) % 64;
    codes.push_back(static_cast<Fp16Code>(exponent << 9 | (bits & 0x1FF)));
  }
  return codes;
}

}  // namespace

void check_fp4(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  std::vector<int> gradscales = {0, -128, 127, 1, -1, 20};
  if (!scope.quick) {
    for (int g = -42; g <= 42; g += 3) gradscales.push_back(g);
  }
  for (const int gradscale : gradscales) {
    for (const Fp4Phase phase : {Fp4Phase::even, Fp4Phase::odd}) {
      for (const Fp4Tie tie : {Fp4Tie::up, Fp4Tie::down}) {
        for (std::uint32_t i = 0; i < kFp16Codes; ++i) {
          const auto x = static_cast<Fp16Code>(i);
          const NibbleCode exact =
              exact_fp4(x, phase == Fp4Phase::odd, gradscale, tie == Fp4Tie::up);
          const NibbleCode reference = fp4_quantize(x, phase, gradscale, tie);
          const NibbleCode rtl = probe.fp4(x, phase, gradscale, tie);
          check.expect(rtl == exact && reference == exact, [&] {
            return fmt::format(
                "{:04x}, phase {}, gradscale {}, tie {}: expected {:x}, reference {:x}, RTL {:x}",
                x, static_cast<int>(phase), gradscale, tie == Fp4Tie::up ? "up" : "down", exact,
                reference, rtl);
          });
        }
      }
    }
  }
}

void check_pact(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  for (const Fp16Code scale : scales(scope, 64)) {
    for (std::uint32_t i = 0; i < kFp16Codes; ++i) {
      const auto x = static_cast<Fp16Code>(i);
      const NibbleCode exact = exact_pact(x, scale);
      const NibbleCode reference = pact_quantize(x, scale);
      const NibbleCode rtl = probe.pact(x, scale);
      check.expect(rtl == exact && reference == exact, [&] {
        return fmt::format("{:04x}, scale {:04x}: expected {:x}, reference {:x}, RTL {:x}", x,
                           scale, exact, reference, rtl);
      });
    }
  }
}

void check_s4(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  for (const Fp16Code scale : scales(scope, 64)) {
    for (std::uint32_t i = 0; i < kFp16Codes; ++i) {
      const auto x = static_cast<Fp16Code>(i);
      const NibbleCode exact = exact_s4(x, scale);
      // The reference reads binary32, which holds every fp16 number and its product exactly.
      const NibbleCode reference = sawb_quantize(fp16_to_float(x), scale);
      const NibbleCode rtl = probe.s4(x, scale);
      check.expect(rtl == exact && reference == exact, [&] {
        return fmt::format("{:04x}, scale {:04x}: expected {:x}, reference {:x}, RTL {:x}", x,
                           scale, exact, reference, rtl);
      });
    }
  }
}

void check_sawb(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  const auto expect = [&](std::uint32_t w, Fp16Code scale) {
    const NibbleCode exact = exact_sawb(w, scale);
    const NibbleCode reference = sawb_quantize(single_value(w), scale);
    const NibbleCode rtl = probe.sawb(w, scale);
    check.expect(rtl == exact && reference == exact, [&] {
      return fmt::format("binary32 {:08x}, scale {:04x}: expected {:x}, reference {:x}, RTL {:x}",
                         w, scale, exact, reference, rtl);
    });
  };
  // Every fp16 number as binary32, and the numbers binary32 has beyond them.
  const std::vector<Fp16Code> some_scales = scales(scope, 20);
  for (const Fp16Code scale : some_scales) {
    for (std::uint32_t i = 0; i < kFp16Codes; ++i) {
      expect(single_bits(fp16_to_float(static_cast<Fp16Code>(i))), scale);
    }
    for (const std::uint32_t magnitude :
         {0U, 1U, 0x7FFFFFU, 0x800000U, 0x3F7FFFFFU, 0x3F800001U, 0x7F7FFFFFU, 0x7F800000U,
          0x7F800001U, 0x7FC00000U, 0x7FFFFFFFU}) {
      expect(magnitude, scale);
      expect(0x80000000U | magnitude, scale);
    }
  }
  // Weights whose product lies within a few places of a rounding edge, where the one rounding to
  // binary32 decides; and anything.
  std::mt19937_64 random(scope.seed);
  for (std::int64_t i = scope.random_cases(2'000'000); i > 0; --i) {
    const std::uint64_t bits = random();
    const auto scale = static_cast<Fp16Code>((23 + (bits >> 9) % 16) << 9 | (bits & 0x1FF));
    auto w = static_cast<std::uint32_t>(bits >> 32);
    if (i % 4 != 0) {
      const float edge = static_cast<float>(static_cast<int>((bits >> 16) % 16) - 8) + 0.5F;
      w = single_bits(edge / fp16_to_float(scale)) + static_cast<std::uint32_t>(bits >> 32) % 5 - 2;
    }
    expect(w, scale);
  }
}

}  // namespace nibble
