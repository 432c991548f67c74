// gemm_reference: every operand pair, then random and coherent shapes against the naive oracle.
#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/gemm.h"
#include "tests/models/gemm/reference_oracle.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260106;
constexpr std::array<StationaryFormat, 2> kStationaries{StationaryFormat::s4, StationaryFormat::u4};

std::vector<NibbleCode> random_codes(std::mt19937_64& random, std::int64_t count) {
  std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() % 16);
  return codes;
}

/// Both reference GEMMs against the oracle, all three accumulators.
void require_equal(const GemmShape& shape, GemmArithmetic arithmetic,
                   const std::vector<NibbleCode>& a, const std::vector<NibbleCode>& b) {
  std::vector<Fp16Code> two_level(static_cast<std::size_t>(shape.m * shape.n));
  std::vector<Fp16Code> one_level(two_level.size());
  std::vector<float> wide(two_level.size());
  arithmetic.accumulator = AccumulatorType::fp16x2;
  gemm_reference(shape, arithmetic, a.data(), b.data(), two_level.data());
  arithmetic.accumulator = AccumulatorType::fp16;
  gemm_reference(shape, arithmetic, a.data(), b.data(), one_level.data());
  arithmetic.accumulator = AccumulatorType::fp32;
  gemm_reference_fp32(shape, arithmetic, a.data(), b.data(), wide.data());
  for (std::int64_t m = 0; m < shape.m; ++m) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      const auto chunks = chunk_results(shape, arithmetic, a, b, m, n);
      const auto index = static_cast<std::size_t>(m * shape.n + n);
      CAPTURE(shape.m, shape.n, shape.k, arithmetic.chunk_len, m, n);
      CAPTURE(static_cast<int>(arithmetic.stream), static_cast<int>(arithmetic.stationary));
      REQUIRE(two_level[index] == accumulate(chunks, AccumulatorType::fp16x2));
      REQUIRE(one_level[index] == accumulate(chunks, AccumulatorType::fp16));
      REQUIRE(wide[index] == accumulate_fp32(chunks));
    }
  }
}

TEST_CASE("All 256 operand pairs of every stream and stationary format multiply exactly") {
  for (const StreamFormat stream : all_streams()) {
    for (const StationaryFormat stationary : kStationaries) {
      for (int code = 0; code < 256; ++code) {
        const std::vector<NibbleCode> a{static_cast<NibbleCode>(code % 16)};
        const std::vector<NibbleCode> b{static_cast<NibbleCode>(code / 16)};
        GemmArithmetic arithmetic;
        arithmetic.stream = stream;
        arithmetic.stationary = stationary;
        Fp16Code c = 0xDEAD;
        gemm_reference({1, 1, 1}, arithmetic, a.data(), b.data(), &c);
        const std::int64_t product = operand_value(stream, a[0]) * operand_value(stationary, b[0]);
        CAPTURE(static_cast<int>(stream), static_cast<int>(stationary), a[0], b[0]);
        REQUIRE(exact_value<Int128>(c, -44) == scaled(Int128(product), unit_exponent(stream) + 44));
        require_equal({1, 1, 1}, arithmetic, a, b);
      }
    }
  }
}

TEST_CASE("Chunk exponents are 0 for integers, a unit's for gradients, -6 and -7 in fp4's phases") {
  for (const StreamFormat stream : all_streams()) {
    CHECK(chunk_exponent(stream) == unit_exponent(stream));
  }
  CHECK(chunk_exponent(StreamFormat::u4) == 0);
  CHECK(chunk_exponent(StreamFormat::s4) == 0);
  CHECK(chunk_exponent(StreamFormat::fp4_even) == -6);
  CHECK(chunk_exponent(StreamFormat::fp4_odd) == -7);
}

TEST_CASE("Random GEMMs in all formats and chunk lengths equal the naive oracle") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const StreamFormat stream : all_streams()) {
    for (const StationaryFormat stationary : kStationaries) {
      for (const int chunk_len : {1, 7, 16, 32, 64, 128, 256}) {
        for (int i = 0; i < 4; ++i) {
          const GemmShape shape{1 + static_cast<int>(random() % 6),
                                1 + static_cast<int>(random() % 6),
                                1 + static_cast<int>(random() % 700)};
          GemmArithmetic arithmetic;
          arithmetic.stream = stream;
          arithmetic.stationary = stationary;
          arithmetic.chunk_len = chunk_len;
          require_equal(shape, arithmetic, random_codes(random, shape.m * shape.k),
                        random_codes(random, shape.k * shape.n));
        }
      }
    }
  }
}

TEST_CASE("Chunk and group boundaries fall where NUMERICS puts them") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const int chunk_len : {16, 32, 64, 128}) {
    const std::int64_t group = std::int64_t{64} * chunk_len;
    for (const std::int64_t base :
         {std::int64_t{chunk_len}, 2 * std::int64_t{chunk_len}, group, 2 * group, 3 * group}) {
      for (const std::int64_t k : {base - 1, base, base + 1}) {
        GemmArithmetic arithmetic;
        arithmetic.stream = k % 2 == 0 ? StreamFormat::fp4_odd : StreamFormat::fp4_even;
        arithmetic.stationary = StationaryFormat::u4;
        arithmetic.chunk_len = chunk_len;
        require_equal({2, 2, k}, arithmetic, random_codes(random, 2 * k),
                      random_codes(random, 2 * k));
      }
    }
  }
}

TEST_CASE("Coherent sums up to the largest chunk sum equal the naive oracle") {
  // All products of one sign: plain fp16 stalls, two levels go on, binary32 is nearly exact.
  const GemmShape shape{1, 1, 20'000};
  for (const auto& [a_code, b_code] : {std::pair<int, int>{7, 15}, {15, 15}, {7, 1}, {1, 1}}) {
    const std::vector<NibbleCode> a(20'000, static_cast<NibbleCode>(a_code));
    const std::vector<NibbleCode> b(20'000, static_cast<NibbleCode>(b_code));
    GemmArithmetic arithmetic;
    arithmetic.stream = StreamFormat::fp4_odd;
    arithmetic.stationary = StationaryFormat::u4;
    for (const int chunk_len : {16, 64, 256}) {
      arithmetic.chunk_len = chunk_len;
      require_equal(shape, arithmetic, a, b);
    }
  }
}

TEST_CASE("Up to 64 chunks two accumulator levels equal one, far beyond they do not") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  GemmArithmetic arithmetic;
  arithmetic.stationary = StationaryFormat::u4;  // u4 * u4: sums only grow
  int differences = 0;
  for (const std::int64_t k : {std::int64_t{4096}, std::int64_t{40'000}}) {
    const std::vector<NibbleCode> a = random_codes(random, 4 * k);
    const std::vector<NibbleCode> b = random_codes(random, 4 * k);
    std::vector<Fp16Code> two_level(16);
    std::vector<Fp16Code> one_level(16);
    arithmetic.accumulator = AccumulatorType::fp16x2;
    gemm_reference({4, 4, k}, arithmetic, a.data(), b.data(), two_level.data());
    arithmetic.accumulator = AccumulatorType::fp16;
    gemm_reference({4, 4, k}, arithmetic, a.data(), b.data(), one_level.data());
    if (k == 4096) {
      CHECK(two_level == one_level);
    } else {
      for (std::size_t i = 0; i < 16; ++i) differences += two_level[i] != one_level[i] ? 1 : 0;
    }
  }
  CHECK(differences > 0);
}

TEST_CASE("Impossible shapes, chunk lengths and accumulators are refused") {
  const NibbleCode code = 1;
  Fp16Code c = 0;
  float wide = 0;
  for (const GemmShape shape :
       {GemmShape{0, 1, 1}, GemmShape{1, 0, 1}, GemmShape{1, 1, 0}, GemmShape{1, -1, 1}}) {
    CHECK_THROWS_AS(gemm_reference(shape, {}, &code, &code, &c), std::invalid_argument);
    CHECK_THROWS_AS(gemm_reference_fp32(shape, {}, &code, &code, &wide), std::invalid_argument);
  }
  GemmArithmetic arithmetic;
  for (const int chunk_len : {0, -1, kMaxChunkLen + 1}) {
    arithmetic.chunk_len = chunk_len;
    CHECK_THROWS_AS(gemm_reference({1, 1, 1}, arithmetic, &code, &code, &c), std::invalid_argument);
  }
  arithmetic = {};
  arithmetic.accumulator = AccumulatorType::fp32;
  CHECK_THROWS_AS(gemm_reference({1, 1, 1}, arithmetic, &code, &code, &c), std::invalid_argument);
}

}  // namespace
}  // namespace nibble::testing
