// fp16_gemm_reference against fused multiply-adds in exact integers.
#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/gemm.h"
#include "tests/models/gemm/reference_oracle.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260107;

/// Codes with biased exponents in [low, high]; zeros of both signs among them.
std::vector<Fp16Code> random_fp16(std::mt19937_64& random, std::int64_t count, int low, int high) {
  std::vector<Fp16Code> codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) {
    const int exponent = low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    code = static_cast<Fp16Code>((random() & 0x81FF) | static_cast<unsigned>(exponent) << 9);
    if (random() % 16 == 0) code &= 0x8000;
  }
  return codes;
}

void require_equal(const GemmShape& shape, int chunk_len, const std::vector<Fp16Code>& a,
                   const std::vector<Fp16Code>& b) {
  for (const AccumulatorType type : {AccumulatorType::fp16x2, AccumulatorType::fp16}) {
    std::vector<Fp16Code> c(static_cast<std::size_t>(shape.m * shape.n));
    fp16_gemm_reference(shape, type, chunk_len, a.data(), b.data(), c.data());
    for (std::int64_t m = 0; m < shape.m; ++m) {
      for (std::int64_t n = 0; n < shape.n; ++n) {
        CAPTURE(shape.m, shape.n, shape.k, chunk_len, m, n);
        const Fp16Code expected =
            accumulate(fp16_chunk_results(shape, chunk_len, a, b, m, n), type);
        REQUIRE(c[static_cast<std::size_t>(m * shape.n + n)] == expected);
      }
    }
  }
}

TEST_CASE("Random FP16 GEMMs equal exact fused multiply-adds in every chunk length") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const int chunk_len : {1, 16, 32, 64, 128, 256}) {
    for (const auto& [low, high] : {std::pair<int, int>{0, 63}, {10, 20}, {25, 35}, {40, 62}}) {
      for (int i = 0; i < 4; ++i) {
        const GemmShape shape{1 + static_cast<int>(random() % 4),
                              1 + static_cast<int>(random() % 4),
                              1 + static_cast<int>(random() % 500)};
        require_equal(shape, chunk_len, random_fp16(random, shape.m * shape.k, low, high),
                      random_fp16(random, shape.k * shape.n, low, high));
      }
    }
  }
}

TEST_CASE("FP16 chunk and group boundaries fall where NUMERICS puts them") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const int chunk_len : {16, 64}) {
    for (const std::int64_t chunks : {1, 2, 63, 64, 65, 128, 129}) {
      for (const std::int64_t k :
           {chunks * chunk_len - 1, chunks * chunk_len, chunks * chunk_len + 1}) {
        require_equal({1, 2, k}, chunk_len, random_fp16(random, k, 28, 34),
                      random_fp16(random, 2 * k, 28, 34));
      }
    }
  }
}

TEST_CASE("Multiply-adds are fused: what lies 60 binary places below still decides a tie") {
  // 1.5 * (1 + 1/512) lies half-way between two codes; times 2^30, with the smallest number added
  // or taken away, a sum in binary32 or binary64 would be that half-way point again.
  const auto a = static_cast<Fp16Code>((31 + 15) << 9 | 256);
  const auto b = static_cast<Fp16Code>((31 + 15) << 9 | 1);
  const auto minus_smallest = static_cast<Fp16Code>(kFp16SmallestPositive | 0x8000);
  const std::vector<Fp16Code> second{0x3E00, b};
  const auto result = [&](Fp16Code first_term) {
    const std::vector<Fp16Code> first{first_term, a};
    require_equal({1, 1, 2}, 64, first, second);
    Fp16Code c = 0;
    fp16_gemm_reference({1, 1, 2}, AccumulatorType::fp16, 64, first.data(), second.data(), &c);
    return c;
  };
  const auto upper = static_cast<Fp16Code>((31 + 30) << 9 | 258);
  CHECK(result(0) == upper);  // a tie goes away from zero
  CHECK(result(kFp16SmallestPositive) == upper);
  CHECK(result(minus_smallest) == upper - 1);
}

TEST_CASE("One NaN-infinity operand of either sign, anywhere, makes its results NaN-infinity") {
  std::mt19937_64 random(kSeed);
  const GemmShape shape{3, 3, 5000};
  std::vector<Fp16Code> a = random_fp16(random, shape.m * shape.k, 25, 35);
  const std::vector<Fp16Code> b = random_fp16(random, shape.k * shape.n, 25, 35);
  for (const Fp16Code special : {Fp16Code{0x7FFF}, Fp16Code{0xFFFF}}) {
    for (const std::size_t k : {0, 63, 64, 2500, 4095, 4096, 4999}) {
      const Fp16Code kept = a[5000 + k];
      a[5000 + k] = special;
      std::vector<Fp16Code> c(9);
      fp16_gemm_reference(shape, AccumulatorType::fp16x2, 64, a.data(), b.data(), c.data());
      for (std::size_t i = 0; i < 9; ++i) {
        CAPTURE(special, k, i);
        REQUIRE((c[i] == 0x7FFF) == (i / 3 == 1));
      }
      a[5000 + k] = kept;
    }
  }
}

TEST_CASE("An overflow on the way stays, even if later terms would bring the sum back") {
  const Fp16Code large = kFp16LargestFinite;
  const auto minus_large = static_cast<Fp16Code>(large | 0x8000);
  static constexpr Fp16Code kOne = 0x3E00;
  const auto result = [](const std::vector<Fp16Code>& a, int chunk_len) {
    const std::vector<Fp16Code> ones(a.size(), kOne);
    Fp16Code c = 0;
    fp16_gemm_reference({1, 1, static_cast<std::int64_t>(a.size())}, AccumulatorType::fp16x2,
                        chunk_len, a.data(), ones.data(), &c);
    return c;
  };
  CHECK(result({large, minus_large, large}, 64) == large);
  CHECK(result({large, large, minus_large}, 64) == 0x7FFF);  // inside a chunk
  CHECK(result({large, large, minus_large}, 1) == 0x7FFF);   // between chunks
  CHECK(result({minus_large, minus_large, large}, 64) == 0x7FFF);
}

TEST_CASE("The FP16 GEMM refuses impossible shapes and the fp32 accumulator") {
  const Fp16Code x = 0x3E00;
  Fp16Code c = 0;
  const auto call = [&](const GemmShape& shape, AccumulatorType type, int chunk_len) {
    fp16_gemm_reference(shape, type, chunk_len, &x, &x, &c);
  };
  CHECK_THROWS_AS(call({0, 1, 1}, AccumulatorType::fp16, 64), std::invalid_argument);
  CHECK_THROWS_AS(call({1, 1, 1}, AccumulatorType::fp16, 0), std::invalid_argument);
  CHECK_THROWS_AS(call({1, 1, 1}, AccumulatorType::fp16, 257), std::invalid_argument);
  CHECK_THROWS_AS(call({1, 1, 1}, AccumulatorType::fp32, 64), std::invalid_argument);
}

}  // namespace
}  // namespace nibble::testing
