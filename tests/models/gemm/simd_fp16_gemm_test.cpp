// The SIMD FP16 baseline GEMM against the chain of scalar fused multiply-adds, bit for bit, on
// every instruction set this machine has. The scalar one rounds through binary64 and TwoSum, the
// SIMD one through truncated binary32: they share no arithmetic.
#include <cfenv>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd.h"
#include "tests/models/gemm/simd_guarded_array.h"

namespace nibble {
namespace {

using Codes = std::vector<Fp16Code>;
using Random = std::mt19937_64;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// Any mantissa and sign, exponents within `spread` of `centre`.
Codes random_codes(Random& random, std::int64_t count, int centre, int spread) {
  Codes codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) {
    const auto exponent =
        static_cast<std::uint64_t>(between(random, centre - spread, centre + spread));
    code = static_cast<Fp16Code>((random() & 0x81FF) | ((exponent & 0x3F) << 9));
  }
  return codes;
}

void check_equal(const GemmShape& shape, AccumulatorType accumulator, int chunk_len, const Codes& a,
                 const Codes& b) {
  INFO("m=" << shape.m << " n=" << shape.n << " k=" << shape.k
            << " accumulator=" << static_cast<int>(accumulator) << " chunk_len=" << chunk_len);
  Codes expected(static_cast<std::size_t>(shape.m * shape.n));
  fp16_gemm_reference(shape, accumulator, chunk_len, a.data(), b.data(), expected.data());
  for (const std::string& name : simd_instruction_sets()) {
    INFO("instruction set " << name);
    const ForcedInstructionSet forced(name);
    Codes c(expected.size(), 0xDEAD);
    fp16_gemm(shape, accumulator, chunk_len, a.data(), b.data(), c.data());
    const bool equal = c == expected;
    REQUIRE(equal);
  }
}

void check_random(Random& random, const GemmShape& shape, AccumulatorType accumulator,
                  int chunk_len, int centre, int spread) {
  check_equal(shape, accumulator, chunk_len,
              random_codes(random, shape.m * shape.k, centre, spread),
              random_codes(random, shape.k * shape.n, centre, spread));
}

constexpr AccumulatorType kAccumulators[] = {AccumulatorType::fp16x2, AccumulatorType::fp16};

}  // namespace

TEST_CASE("SIMD FP16 GEMM equals the reference on random shapes and ordinary values") {
  const std::uint64_t seed = 99;
  INFO("seed " << seed);
  Random random(seed);
  for (const AccumulatorType accumulator : kAccumulators) {
    for (int trial = 0; trial < 60; ++trial) {
      const int chunk_len = trial % 2 == 0 ? 64 : static_cast<int>(between(random, 1, 256));
      const GemmShape shape = {between(random, 1, 20), between(random, 1, 70),
                               between(random, 1, 500)};
      check_random(random, shape, accumulator, chunk_len, 31, trial % 10);
    }
  }
}

TEST_CASE("SIMD FP16 GEMM underflows, overflows and keeps NaN-infinity as the reference does") {
  const std::uint64_t seed = 5;
  INFO("seed " << seed);
  Random random(seed);
  for (const AccumulatorType accumulator : kAccumulators) {
    // Products around 2^-31: centre 15 or 16 on either side. Around 2^32: centre 47. All codes: 31.
    for (const int centre : {14, 15, 16, 17, 31, 45, 46, 47, 48}) {
      for (int trial = 0; trial < 12; ++trial) {
        const int spread = centre == 31 ? 32 : trial % 4;
        const GemmShape shape = {8, 48, between(random, 1, 200)};
        check_random(random, shape, accumulator, trial % 2 == 0 ? 64 : 16, centre, spread);
      }
    }
  }
}

TEST_CASE("one fused multiply-add rounds once, for every neighbourhood of a midpoint") {
  // a * b is added to a chunk that holds 1 * c: [c, a] * [1, b], for sums whose tail lies near and
  // far below the midpoint between two neighbours, where double rounding would show.
  const std::uint64_t seed = 21;
  INFO("seed " << seed);
  Random random(seed);
  const std::int64_t n = 64;
  for (int trial = 0; trial < 400; ++trial) {
    const Fp16Code addend = static_cast<Fp16Code>((random() & 0x81FF) | (40U << 9));
    const int distance = static_cast<int>(between(random, 0, 40));
    Codes a = {addend, static_cast<Fp16Code>((random() & 0x81FF) | ((40U - distance / 2) << 9))};
    Codes b(2 * n);
    for (std::int64_t i = 0; i < n; ++i) {
      b[i] = 31U << 9;  // 1
      const auto exponent = static_cast<unsigned>(31 - (distance + 1) / 2);
      // Powers of two and their neighbours make exact midpoints and near misses.
      const Fp16Code mantissa =
          i % 4 == 0 ? 0 : (i % 4 == 1 ? 1 : (i % 4 == 2 ? 511 : random() & 511));
      b[n + i] = static_cast<Fp16Code>((random() & 0x8000) | (exponent << 9) | mantissa);
    }
    if (trial % 2 == 0) a[1] = static_cast<Fp16Code>(a[1] & 0xFE00);
    check_equal({1, n, 2}, AccumulatorType::fp16, 64, a, b);
  }
}

TEST_CASE("sums at a midpoint and just beside it round right in every binade, at the limits too") {
  // c + x * y with |x * y| half a place of c, exactly or one part in 2^13 more or less: the
  // products of significands 512 * 512 = 2^18, and those nearest to 2^19 on either side.
  unsigned above[2] = {0, 0};
  unsigned below[2] = {0, 0};
  for (unsigned x = 512; x < 1024; ++x) {
    for (unsigned y = 512; y < 1024; ++y) {
      const unsigned product = x * y;
      if (product > 1U << 19 && (above[0] == 0 || product < above[0] * above[1])) {
        above[0] = x, above[1] = y;
      }
      if (product < 1U << 19 && product > below[0] * below[1]) below[0] = x, below[1] = y;
    }
  }
  REQUIRE(above[0] * above[1] - (1U << 19) <= 64);
  REQUIRE((1U << 19) - below[0] * below[1] <= 64);
  for (unsigned exponent = 0; exponent < 64; ++exponent) {
    // Exponents of x and y sum to exponent + 21 for the exact half place, one less for the others.
    // A third product, 1 * z, would show a wrong intermediate sum that the end alone hides.
    const unsigned x_exponent = (exponent + 21) / 2;
    const unsigned y_exponent = exponent + 21 - x_exponent;
    Codes a;
    for (const unsigned mantissa : {0, 1, 2, 300, 509, 510, 511}) {
      for (const unsigned sign : {0x0000U, 0x8000U}) {
        for (const unsigned x : {512U, above[0], below[0]}) {
          a.push_back(static_cast<Fp16Code>(sign | exponent << 9 | mantissa));
          a.push_back(static_cast<Fp16Code>(x_exponent << 9 | (x & 511)));
          a.push_back(31U << 9);
        }
      }
    }
    Codes y_codes;
    Codes z_codes;
    for (const unsigned sign : {0x0000U, 0x8000U}) {
      for (const unsigned y : {512U, above[1], below[1]}) {
        for (const unsigned lower : {0U, 1U, 2U}) {
          for (const unsigned z : {0U, exponent << 9 | 1, 0x8000 | exponent << 9 | 1}) {
            y_codes.push_back(static_cast<Fp16Code>(sign | (y_exponent - lower) << 9 | (y & 511)));
            z_codes.push_back(static_cast<Fp16Code>(z));
          }
        }
      }
    }
    Codes b(y_codes.size(), 31U << 9);  // 1
    b.insert(b.end(), y_codes.begin(), y_codes.end());
    b.insert(b.end(), z_codes.begin(), z_codes.end());
    check_equal(
        {static_cast<std::int64_t>(a.size() / 3), static_cast<std::int64_t>(y_codes.size()), 3},
        AccumulatorType::fp16, 64, a, b);
  }
}

TEST_CASE("a difference of two products is flushed exactly from 2^-31 down") {
  // (1 + 1/512) * 2^-6 * b - 2^-6 * b = 2^-15 * b: the smallest multiple of the operands' units,
  // which decides whether the kernel looks for sums to flush at all. 2^-6 * b is added to what is
  // left, because 2^-31 itself would be stored as a zero in any case.
  const Codes a = {static_cast<Fp16Code>(25U << 9 | 1), static_cast<Fp16Code>(0x8000 | 25U << 9),
                   static_cast<Fp16Code>(25U << 9)};
  for (unsigned exponent = 10; exponent < 22; ++exponent) {
    const Codes b(3, static_cast<Fp16Code>(exponent << 9));
    for (const int chunk_len : {1, 64}) {
      check_equal({1, 1, 3}, AccumulatorType::fp16, chunk_len, a, b);
    }
    Codes c(1);
    fp16_gemm({1, 1, 3}, AccumulatorType::fp16, 64, a.data(), b.data(), c.data());
    // From b = 2^-16 down the difference is flushed.
    CHECK(c[0] == ((exponent - 6) << 9 | (exponent > 15 ? 1U : 0U)));
  }
}

TEST_CASE("special operands multiply and add as in the reference, every pair and addend") {
  // c * 1 + a * b over signed zeros, the extremes and NaN-infinity of either sign.
  const Codes special = {0x0000, 0x8000, 0x0001, 0x8001, 0x01FF, 0x0200, 0x8200, 0x3E00,
                         0xBE00, 0x3DFF, 0x3E01, 0x7FFE, 0xFFFE, 0x7FFF, 0xFFFF, 0x7E00};
  const auto n = static_cast<std::int64_t>(special.size());
  for (const Fp16Code addend : special) {
    Codes a;
    for (const Fp16Code x : special) {
      a.push_back(addend);
      a.push_back(x);
    }
    Codes b(special.size(), 31U << 9);
    b.insert(b.end(), special.begin(), special.end());
    for (const AccumulatorType accumulator : kAccumulators) {
      check_equal({n, n, 2}, accumulator, 64, a, b);  // both in one chunk: fused
      check_equal({n, n, 2}, accumulator, 1, a, b);   // two chunks: added
    }
  }
}

TEST_CASE("SIMD FP16 GEMM equals the reference on reductions of several groups of chunks") {
  const std::uint64_t seed = 17;
  INFO("seed " << seed);
  Random random(seed);
  for (const AccumulatorType accumulator : kAccumulators) {
    for (const std::int64_t k : {1024, 1025, 4096, 4100, 9000}) {
      for (const int centre : {20, 31, 46})
        check_random(random, {6, 35, k}, accumulator, 16, centre, 2);
      check_random(random, {6, 35, k}, accumulator, 64, 31, 3);
    }
  }
}

TEST_CASE("SIMD FP16 GEMM touches nothing beyond its arrays") {
  for (std::int64_t size = 1; size <= 35; ++size) {
    const GemmShape shape = {size % 5 + 1, size, 60 + size};
    GuardedArray a(Codes(static_cast<std::size_t>(shape.m * shape.k), 0x3E00));
    GuardedArray b(Codes(static_cast<std::size_t>(shape.k * shape.n), 0x3E00));
    GuardedArray c(Codes(static_cast<std::size_t>(shape.m * shape.n)));
    for (const std::string& name : simd_instruction_sets()) {
      const ForcedInstructionSet forced(name);
      REQUIRE_NOTHROW(fp16_gemm(shape, AccumulatorType::fp16, 64, a.data(), b.data(), c.data()));
    }
  }
}

TEST_CASE("SIMD FP16 GEMM leaves the caller's rounding mode alone and refuses bad arguments") {
  const Codes codes(4, 0x3E00);
  Codes c(4);
  std::fesetround(FE_UPWARD);
  fp16_gemm({2, 2, 2}, AccumulatorType::fp16, 64, codes.data(), codes.data(), c.data());
  CHECK(std::fegetround() == FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  CHECK(c == Codes(4, 0x4000));
  CHECK_THROWS_AS(
      fp16_gemm({2, 0, 2}, AccumulatorType::fp16, 64, codes.data(), codes.data(), c.data()),
      std::invalid_argument);
  CHECK_THROWS_AS(
      fp16_gemm({2, 2, 2}, AccumulatorType::fp16, 0, codes.data(), codes.data(), c.data()),
      std::invalid_argument);
  CHECK_THROWS_AS(
      fp16_gemm({2, 2, 2}, AccumulatorType::fp32, 64, codes.data(), codes.data(), c.data()),
      std::invalid_argument);
}

}  // namespace nibble
