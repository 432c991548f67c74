// A signed fixed-point number of 256 bits in units of 2^-96: every sum and product of fp16 numbers
// that the checks form is exact in it. Independent of models/ on purpose; slow and plain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace nibble {

class ExactNumber {
 public:
  static constexpr int kUnitExponent = -96;

  constexpr ExactNumber() = default;
  /// value * 2^exponent. Precondition: -96 <= exponent <= 90.
  ExactNumber(std::int64_t value, int exponent) {
    const bool is_negative = value < 0;
    const auto magnitude = static_cast<std::uint64_t>(is_negative ? -value : value);
    const auto shift = static_cast<std::size_t>(exponent - kUnitExponent);
    const std::size_t limb = shift / 64;
    const std::size_t bits = shift % 64;
    limbs_[limb] = magnitude << bits;
    if (bits != 0 && limb + 1 < kLimbs) limbs_[limb + 1] = magnitude >> (64 - bits);
    if (is_negative) *this = -*this;
  }

  [[nodiscard]] bool negative() const { return (limbs_[kLimbs - 1] >> 63) != 0; }
  [[nodiscard]] ExactNumber magnitude() const { return negative() ? -*this : *this; }

  friend ExactNumber operator+(const ExactNumber& a, const ExactNumber& b) {
    ExactNumber sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      const std::uint64_t partial = a.limbs_[i] + carry;
      const std::uint64_t carry_of_partial = partial < carry ? 1 : 0;
      sum.limbs_[i] = partial + b.limbs_[i];
      carry = carry_of_partial + (sum.limbs_[i] < partial ? 1 : 0);
    }
    return sum;
  }

  friend ExactNumber operator-(const ExactNumber& a) {
    ExactNumber result;
    for (std::size_t i = 0; i < kLimbs; ++i) result.limbs_[i] = ~a.limbs_[i];
    ExactNumber one;
    one.limbs_[0] = 1;
    return result + one;
  }

  friend bool operator==(const ExactNumber& a, const ExactNumber& b) {
    return a.limbs_ == b.limbs_;
  }
  friend bool operator<(const ExactNumber& a, const ExactNumber& b) {
    if (a.negative() != b.negative()) return a.negative();
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i];
    }
    return false;
  }
  friend bool operator<=(const ExactNumber& a, const ExactNumber& b) { return !(b < a); }

 private:
  static constexpr std::size_t kLimbs = 4;
  std::array<std::uint64_t, kLimbs> limbs_{};  // two's complement, lowest first
};

}  // namespace nibble
