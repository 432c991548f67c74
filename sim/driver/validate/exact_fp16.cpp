#include "sim/driver/validate/exact_fp16.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace nibble {
namespace {

constexpr std::uint16_t kNan = 0x7FFF;

/// Half the value of a magnitude code if the range were unbounded: code 0 counts as 2^-31, because
/// rounding happens before it is found to mean zero, and 0x7FFF as the next number of the top
/// binade.
ExactNumber half_of(int code) { return {512 + code % 512, code / 512 - 31 - 10}; }

std::vector<ExactNumber> make_midpoints() {
  std::vector<ExactNumber> midpoints;
  midpoints.reserve(kExactMidpoints);
  for (int code = 0; code < kExactMidpoints; ++code) {
    midpoints.push_back(half_of(code) + half_of(code + 1));
  }
  return midpoints;
}

const std::vector<ExactNumber>& midpoints() {
  static const std::vector<ExactNumber> table = make_midpoints();
  return table;
}

bool sign_of(std::uint16_t code) { return code >= 0x8000; }

/// The product of two finite codes.
ExactNumber product(const ExactFp16& a, const ExactFp16& b) {
  return {a.significand * b.significand, a.exponent + b.exponent};
}

/// clamp(floor(value + 1/2), low, high): every k whose lower edge k - 1/2 is reached counts one.
int round_half_up(const ExactNumber& value, int low, int high) {
  int result = low;
  for (int k = low + 1; k <= high; ++k) {
    if (ExactNumber(2 * k - 1, -1) <= value) result = k;
  }
  return result;
}

float single_value(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

std::optional<ExactFp16> exact_fp16(std::uint16_t code) {
  const int magnitude = code % 0x8000;
  if (magnitude == kNan) return std::nullopt;
  ExactFp16 number;
  if (magnitude == 0) return number;
  number.significand = 512 + magnitude % 512;
  if (sign_of(code)) number.significand = -number.significand;
  number.exponent = magnitude / 512 - 31 - 9;
  return number;
}

const ExactNumber& exact_midpoint(int c) { return midpoints()[static_cast<std::size_t>(c)]; }

std::uint16_t exact_round(const ExactNumber& value) {
  const std::vector<ExactNumber>& table = midpoints();
  const auto above = std::upper_bound(table.begin(), table.end(), value.magnitude());
  const auto code = static_cast<std::uint16_t>(above - table.begin());
  if (code == 0 || code == kNan) return code;
  return static_cast<std::uint16_t>(code + (value.negative() ? 0x8000 : 0));
}

std::uint16_t exact_round_single(std::uint32_t single_bits) {
  const int biased = static_cast<int>(single_bits >> 23) % 256;
  // Far outside fp16's range, 2^-31 to 2^33, the value need not be formed.
  if (biased - 127 > 40) return kNan;
  if (biased - 127 < -40) return 0;
  const auto significand = static_cast<std::int64_t>(single_bits % 0x800000 + 0x800000);
  return exact_round({single_bits >= 0x80000000 ? -significand : significand, biased - 127 - 23});
}

std::uint16_t exact_add(std::uint16_t a, std::uint16_t b) {
  const auto x = exact_fp16(a);
  const auto y = exact_fp16(b);
  return x && y ? exact_round(x->value() + y->value()) : kNan;
}

std::uint16_t exact_fma(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
  const auto x = exact_fp16(a);
  const auto y = exact_fp16(b);
  const auto z = exact_fp16(c);
  return x && y && z ? exact_round(product(*x, *y) + z->value()) : kNan;
}

std::uint8_t exact_fp4(std::uint16_t x, bool odd, int gradscale, bool tie_up) {
  const auto number = exact_fp16(x);
  const int sign = sign_of(x) ? 8 : 0;
  if (!number) return static_cast<std::uint8_t>(sign + 7);
  // At 2^56 the smallest fp16 number is past the last threshold, at 2^-56 the largest is below the
  // first: beyond, nothing changes.
  const int scale = std::clamp(gradscale, -56, 56);
  const ExactNumber magnitude =
      ExactNumber(number->significand, number->exponent + scale + (odd ? 1 : 0)).magnitude();
  int level = 0;
  for (int n = -3; n <= 3; ++n) {
    const ExactNumber threshold(5, 2 * n - 3);  // 0.625 * 4^n
    if (tie_up ? threshold <= magnitude : threshold < magnitude) ++level;
  }
  return static_cast<std::uint8_t>(level == 0 ? 0 : sign + level);
}

std::uint8_t exact_pact(std::uint16_t x, std::uint16_t scale) {
  const auto number = exact_fp16(x);
  if (sign_of(x) || (number && number->significand == 0)) return 0;
  const auto factor = exact_fp16(scale);
  if (!number) return 15;
  if (!factor) return sign_of(scale) ? 0 : 15;
  return static_cast<std::uint8_t>(round_half_up(product(*number, *factor), 0, 15));
}

std::uint8_t exact_s4(std::uint16_t x, std::uint16_t scale) {
  const auto number = exact_fp16(x);
  const auto factor = exact_fp16(scale);
  if (number && number->significand == 0) return 0;
  int code = sign_of(x) != sign_of(scale) ? -7 : 7;
  if (number && factor) code = round_half_up(product(*number, *factor), -7, 7);
  return static_cast<std::uint8_t>(code & 0xF);
}

std::uint8_t exact_sawb(std::uint32_t single_bits, std::uint16_t scale) {
  const auto factor = exact_fp16(scale);
  const std::uint32_t magnitude = single_bits % 0x80000000;
  if (magnitude == 0) return 0;
  const bool negative = (single_bits >= 0x80000000) != sign_of(scale);
  int code = negative ? -7 : 7;
  if (magnitude < 0x7F800000 && factor) {
    // The product has at most 34 bits, so binary64 holds it exactly and the conversion is the one
    // rounding to binary32 that the definition asks for.
    const double exact = static_cast<double>(single_value(single_bits)) *
                         static_cast<double>(factor->significand) *
                         (factor->exponent < 0 ? 1.0 / static_cast<double>(1LL << -factor->exponent)
                                               : static_cast<double>(1LL << factor->exponent));
    const double rounded = static_cast<float>(exact);
    code = -7;
    for (int k = -6; k <= 7; ++k) {
      if (rounded >= k - 0.5) code = k;
    }
  }
  return static_cast<std::uint8_t>(code & 0xF);
}

}  // namespace nibble
