#include <random>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/exact_fp16.h"

namespace nibble {
namespace {

/// Sweeps one width and unit: magnitudes ascend, so the exact result only ever steps to the next
/// code.
void sweep_sums(UnitCheck& check, RtlProbe& probe, int lanes, int unit, int stride) {
  const std::int32_t magnitudes = lanes << 16;  // a sum has 17 + log2(lanes) bits
  int code = 0;
  for (std::int32_t first = 0; first < magnitudes; first += RtlProbe::kSums * stride) {
    const auto positive = probe.chunk_round(lanes, first, unit);
    const auto negative = probe.chunk_round(lanes, -first - (RtlProbe::kSums - 1), unit);
    for (int i = 0; i < RtlProbe::kSums; ++i) {
      const std::int32_t magnitude = first + i;
      const ExactNumber value(magnitude, unit);
      while (code < kExactMidpoints && exact_midpoint(code) <= value) ++code;
      for (const bool minus : {false, true}) {
        const auto exact = static_cast<Fp16Code>(code + (minus && code != 0 ? 0x8000 : 0));
        const std::int32_t sum = minus ? -magnitude : magnitude;
        const Fp16Code rtl = minus ? negative[static_cast<std::size_t>(RtlProbe::kSums - 1 - i)]
                                   : positive[static_cast<std::size_t>(i)];
        const Fp16Code reference = fp16_from_scaled_integer(sum, unit);
        check.expect(rtl == exact && reference == exact, [&] {
          return fmt::format("{} lanes, {} * 2^{}: expected {:04x}, reference {:04x}, RTL {:04x}",
                             lanes, sum, unit, exact, reference, rtl);
        });
      }
    }
  }
}

}  // namespace

void check_chunk_rounder(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  for (const int lanes : {16, 32, 64}) {
    for (const int unit : {0, -6, -7}) sweep_sums(check, probe, lanes, unit, scope.quick ? 16 : 1);
  }
}

void check_round32(UnitCheck& check, const CheckScope& scope, RtlProbe& probe) {
  const auto expect = [&](std::uint32_t bits) {
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    const Fp16Code exact = exact_round_single(bits);
    const Fp16Code reference = fp16_from_float(value);
    const Fp16Code rtl = probe.round32(bits);
    check.expect(rtl == exact && reference == exact, [&] {
      return fmt::format("binary32 {:08x}: expected {:04x}, reference {:04x}, RTL {:04x}", bits,
                         exact, reference, rtl);
    });
  };
  // Every sign, exponent and leading mantissa down to one bit below the rounding place, each with
  // the rest all zero, smallest, largest.
  const std::uint32_t step = scope.quick ? 7 : 1;
  for (std::uint32_t top = 0; top < 1U << 20; top += step) {
    for (const std::uint32_t rest : {0U, 1U, 0xFFFU}) expect(top << 12 | rest);
  }
  std::mt19937_64 random(scope.seed);
  for (std::int64_t i = scope.random_cases(2'000'000); i > 0; --i) {
    expect(static_cast<std::uint32_t>(random()));
  }
}

}  // namespace nibble
