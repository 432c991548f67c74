// A sequence of numbers as a key of 128 bits: equal keys of different sequences are not expected in
// the life of a machine. Not for keys that are kept: the constants may change.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace nibble {

using Key128 = std::array<std::uint64_t, 2>;

/// Two multiply-and-rotate streams with different constants (those of MurmurHash3 and splitmix64).
class KeyStream {
 public:
  void put(std::uint64_t value) {
    low_ = rotated((low_ ^ value) * 0x87c37b91114253d5ULL, 31) + 0x9e3779b97f4a7c15ULL;
    high_ = rotated((high_ + value) * 0xbf58476d1ce4e5b9ULL, 27) ^ low_;
  }
  void put(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
  void put(int value) { put(static_cast<std::uint64_t>(value)); }
  void put(double value) {
    std::uint64_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    put(bits);
  }
  [[nodiscard]] Key128 key() const { return {mixed(low_), mixed(high_ + low_)}; }

 private:
  static std::uint64_t rotated(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  std::uint64_t low_ = 0x243f6a8885a308d3ULL, high_ = 0x13198a2e03707344ULL;
};

}  // namespace nibble
