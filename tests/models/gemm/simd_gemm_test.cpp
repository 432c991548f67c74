// The SIMD GEMM against the one that reads like the specification, bit for bit, on every
// instruction set this machine has. Both start from the same codes and share no arithmetic.
#include <cstring>
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

using Codes = std::vector<NibbleCode>;
using Random = std::mt19937_64;

constexpr StreamFormat kStreams[] = {StreamFormat::u4, StreamFormat::s4, StreamFormat::fp4_even,
                                     StreamFormat::fp4_odd};
constexpr StationaryFormat kStationaries[] = {StationaryFormat::s4, StationaryFormat::u4};
constexpr AccumulatorType kAccumulators[] = {AccumulatorType::fp16x2, AccumulatorType::fp16,
                                             AccumulatorType::fp32};

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

Codes random_codes(Random& random, std::int64_t count) {
  Codes codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = random() & 0xF;
  return codes;
}

std::string describe(const GemmShape& shape, const GemmArithmetic& arithmetic) {
  return "m=" + std::to_string(shape.m) + " n=" + std::to_string(shape.n) +
         " k=" + std::to_string(shape.k) +
         " stream=" + std::to_string(static_cast<int>(arithmetic.stream)) +
         " stationary=" + std::to_string(static_cast<int>(arithmetic.stationary)) +
         " accumulator=" + std::to_string(static_cast<int>(arithmetic.accumulator)) +
         " chunk_len=" + std::to_string(arithmetic.chunk_len);
}

/// C of either function as bits, so that -0 and NaN count.
std::vector<std::uint32_t> result_bits(const GemmShape& shape, const GemmArithmetic& arithmetic,
                                       const Codes& a, const Codes& b, bool reference) {
  const auto count = static_cast<std::size_t>(shape.m * shape.n);
  std::vector<std::uint32_t> bits(count);
  if (arithmetic.accumulator == AccumulatorType::fp32) {
    std::vector<float> c(count, -1.0F);
    (reference ? gemm_reference_fp32 : gemm_fp32)(shape, arithmetic, a.data(), b.data(), c.data());
    std::memcpy(bits.data(), c.data(), count * sizeof(float));
  } else {
    std::vector<Fp16Code> c(count, 0xDEAD);
    (reference ? gemm_reference : gemm)(shape, arithmetic, a.data(), b.data(), c.data());
    bits.assign(c.begin(), c.end());
  }
  return bits;
}

/// Once with every instruction set.
void check_equal(const GemmShape& shape, const GemmArithmetic& arithmetic, const Codes& a,
                 const Codes& b) {
  INFO(describe(shape, arithmetic));
  const auto expected = result_bits(shape, arithmetic, a, b, true);
  for (const std::string& name : simd_instruction_sets()) {
    INFO("instruction set " << name);
    const ForcedInstructionSet forced(name);
    const bool equal = result_bits(shape, arithmetic, a, b, false) == expected;
    REQUIRE(equal);
  }
}

template <typename Visit>
void for_each_format(Visit visit) {
  for (const StreamFormat stream : kStreams) {
    for (const StationaryFormat stationary : kStationaries) {
      for (const AccumulatorType accumulator : kAccumulators) {
        visit(GemmArithmetic{stream, stationary, accumulator, kDefaultChunkLen});
      }
    }
  }
}

/// The codes of largest magnitude of each sign; u4 has one sign only.
NibbleCode largest(StreamFormat format, bool negative) {
  if (format == StreamFormat::u4) return 15;
  return negative ? (format == StreamFormat::s4 ? 8 : 15) : 7;
}
NibbleCode largest(StationaryFormat format, bool negative) {
  if (format == StationaryFormat::u4) return 15;
  return negative ? 8 : 7;
}

}  // namespace

TEST_CASE("the instruction set can be forced and is released again") {
  const std::string best = simd_instruction_set();
  for (const std::string& name : simd_instruction_sets()) {
    const ForcedInstructionSet forced(name);
    CHECK(simd_instruction_set() == name);
  }
  CHECK(simd_instruction_set() == best);
  CHECK_THROWS_AS(ForcedInstructionSet("no such set"), std::invalid_argument);
}

TEST_CASE("SIMD GEMM equals the reference on random shapes in every format") {
  const std::uint64_t seed = 20240517;
  INFO("seed " << seed);
  Random random(seed);
  for_each_format([&](GemmArithmetic arithmetic) {
    for (int trial = 0; trial < 12; ++trial) {
      const int usual[] = {16, 32, 64, 64, 128, 256};
      arithmetic.chunk_len =
          trial % 3 == 2 ? static_cast<int>(between(random, 1, kMaxChunkLen)) : usual[random() % 6];
      const GemmShape shape = {between(random, 1, 45), between(random, 1, 80),
                               between(random, 1, 900)};
      check_equal(shape, arithmetic, random_codes(random, shape.m * shape.k),
                  random_codes(random, shape.k * shape.n));
    }
  });
}

TEST_CASE("SIMD GEMM equals the reference on all operand pairs and random shapes of every grid") {
  const std::uint64_t seed = 31;
  INFO("seed " << seed);
  Random random(seed);
  Codes all(16);
  for (std::size_t code = 0; code < 16; ++code) all[code] = static_cast<NibbleCode>(code);
  for (int format = 0; format < kStreamFormats; ++format) {
    const auto stream = static_cast<StreamFormat>(format);
    for (const StationaryFormat stationary : kStationaries) {
      for (const AccumulatorType accumulator : kAccumulators) {
        const GemmArithmetic arithmetic = {stream, stationary, accumulator, 64};
        check_equal({16, 16, 1}, arithmetic, all, all);
        const GemmShape shape = {between(random, 1, 30), between(random, 1, 50),
                                 between(random, 1, 700)};
        check_equal(shape, arithmetic, random_codes(random, shape.m * shape.k),
                    random_codes(random, shape.k * shape.n));
      }
    }
  }
}

TEST_CASE("SIMD GEMM equals the reference on every tail of rows, columns and k") {
  const std::uint64_t seed = 7;
  INFO("seed " << seed);
  Random random(seed);
  for (const StreamFormat stream : kStreams) {
    const GemmArithmetic arithmetic = {stream, StationaryFormat::s4, AccumulatorType::fp16x2, 64};
    for (std::int64_t size = 1; size <= 66; ++size) {
      check_equal({size, 3, 40}, arithmetic, random_codes(random, size * 40),
                  random_codes(random, 40 * 3));
      check_equal({5, size, 40}, arithmetic, random_codes(random, 5 * 40),
                  random_codes(random, 40 * size));
      check_equal({5, 3, 2 * size}, arithmetic, random_codes(random, 5 * 2 * size),
                  random_codes(random, 2 * size * 3));
      check_equal({5, 3, 2 * size + 1}, arithmetic, random_codes(random, 5 * (2 * size + 1)),
                  random_codes(random, (2 * size + 1) * 3));
    }
  }
}

TEST_CASE("SIMD GEMM equals the reference for every chunk length") {
  const std::uint64_t seed = 11;
  INFO("seed " << seed);
  Random random(seed);
  for (int chunk_len = 1; chunk_len <= kMaxChunkLen; ++chunk_len) {
    for (const StreamFormat stream : kStreams) {
      const GemmArithmetic arithmetic = {stream, StationaryFormat::s4, AccumulatorType::fp16x2,
                                         chunk_len};
      const GemmShape shape = {3, 5, between(random, 300, 600)};
      check_equal(shape, arithmetic, random_codes(random, shape.m * shape.k),
                  random_codes(random, shape.k * shape.n));
    }
  }
}

TEST_CASE("SIMD GEMM equals the reference on reductions of several groups of chunks") {
  const std::uint64_t seed = 13;
  INFO("seed " << seed);
  Random random(seed);
  for_each_format([&](GemmArithmetic arithmetic) {
    for (const std::int64_t k : {4096, 4097, 8191, 3 * 4096 + 100}) {
      const GemmShape shape = {17, 35, k};
      check_equal(shape, arithmetic, random_codes(random, shape.m * k),
                  random_codes(random, k * shape.n));
    }
  });
}

TEST_CASE("SIMD GEMM equals the reference where rows and columns are packed in several groups") {
  const std::uint64_t seed = 19;
  INFO("seed " << seed);
  Random random(seed);
  for (const StreamFormat stream : {StreamFormat::s4, StreamFormat::fp4_even}) {
    const GemmArithmetic arithmetic = {stream, StationaryFormat::s4, AccumulatorType::fp16x2, 64};
    const GemmShape shape = {290, 150, 4200};
    check_equal(shape, arithmetic, random_codes(random, shape.m * shape.k),
                random_codes(random, shape.k * shape.n));
  }
}

TEST_CASE("SIMD GEMM equals the reference with every operand at its limits") {
  for_each_format([&](GemmArithmetic arithmetic) {
    for (const int chunk_len : {64, 256}) {
      arithmetic.chunk_len = chunk_len;
      for (const std::int64_t k : {64, 256, 20000}) {
        const GemmShape shape = {4, 4, k};
        Codes a(static_cast<std::size_t>(shape.m * k));
        Codes b(static_cast<std::size_t>(k * shape.n));
        // Rows and columns: all positive, all negative, alternating, one sign a chunk.
        const auto negative = [&](std::int64_t pattern, std::int64_t i) {
          if (pattern == 2) return i % 2 == 1;
          if (pattern == 3) return i / chunk_len % 2 == 1;
          return pattern == 1;
        };
        for (std::int64_t pattern = 0; pattern < 4; ++pattern) {
          for (std::int64_t i = 0; i < k; ++i) {
            a[pattern * k + i] = largest(arithmetic.stream, negative(pattern, i));
            b[i * shape.n + pattern] = largest(arithmetic.stationary, negative(pattern, i));
          }
        }
        check_equal(shape, arithmetic, a, b);
      }
    }
  });
}

TEST_CASE("the largest coherent sums stall or overflow as in the reference") {
  // chunk_len 64 stalls below the limit for any K. With 256 the 545th group result passes it.
  for (const int chunk_len : {64, 256}) {
    const std::int64_t k = std::int64_t{560} * 64 * chunk_len;
    const Codes a(static_cast<std::size_t>(k), 7);
    const Codes b(static_cast<std::size_t>(k), 15);
    for (const AccumulatorType accumulator : kAccumulators) {
      check_equal({1, 1, k}, {StreamFormat::fp4_even, StationaryFormat::u4, accumulator, chunk_len},
                  a, b);
    }
    const GemmArithmetic two_levels = {StreamFormat::fp4_even, StationaryFormat::u4,
                                       AccumulatorType::fp16x2, chunk_len};
    CHECK((result_bits({1, 1, k}, two_levels, a, b, true)[0] == kFp16NanInfinity) ==
          (chunk_len == 256));
  }
}

TEST_CASE("all pairs of codes multiply exactly") {
  for_each_format([&](GemmArithmetic arithmetic) {
    Codes a(16);
    Codes b(16);
    for (int code = 0; code < 16; ++code) {
      a[code] = b[code] = static_cast<NibbleCode>(code);
    }
    check_equal({16, 16, 1}, arithmetic, a, b);
  });
}

TEST_CASE("SIMD GEMM touches nothing beyond its arrays") {
  for (const StreamFormat stream : {StreamFormat::s4, StreamFormat::fp4_odd}) {
    const GemmArithmetic arithmetic = {stream, StationaryFormat::u4, AccumulatorType::fp16, 64};
    for (std::int64_t size = 1; size <= 35; ++size) {
      const GemmShape shape = {size % 5 + 1, size, 66 + size};
      GuardedArray a(Codes(static_cast<std::size_t>(shape.m * shape.k), 5));
      GuardedArray b(Codes(static_cast<std::size_t>(shape.k * shape.n), 3));
      GuardedArray c(std::vector<Fp16Code>(static_cast<std::size_t>(shape.m * shape.n)));
      for (const std::string& name : simd_instruction_sets()) {
        const ForcedInstructionSet forced(name);
        REQUIRE_NOTHROW(gemm(shape, arithmetic, a.data(), b.data(), c.data()));
      }
    }
  }
}

TEST_CASE("SIMD GEMM refuses what the reference refuses") {
  const Codes codes(64);
  std::vector<Fp16Code> c(64);
  std::vector<float> wide(64);
  GemmArithmetic arithmetic;
  for (const GemmShape& shape : {GemmShape{0, 1, 1}, GemmShape{1, 0, 1}, GemmShape{1, 1, 0}}) {
    CHECK_THROWS_AS(gemm(shape, arithmetic, codes.data(), codes.data(), c.data()),
                    std::invalid_argument);
    CHECK_THROWS_AS(gemm_fp32(shape, arithmetic, codes.data(), codes.data(), wide.data()),
                    std::invalid_argument);
  }
  arithmetic.accumulator = AccumulatorType::fp32;
  CHECK_THROWS_AS(gemm({1, 1, 1}, arithmetic, codes.data(), codes.data(), c.data()),
                  std::invalid_argument);
  for (const int chunk_len : {0, -64, kMaxChunkLen + 1}) {
    arithmetic.chunk_len = chunk_len;
    CHECK_THROWS_AS(gemm_fp32({1, 1, 1}, arithmetic, codes.data(), codes.data(), wide.data()),
                    std::invalid_argument);
  }
}

}  // namespace nibble
