// The FP8 GEMM against exact integers: every pair of operand codes of every pair of formats, then
// random chunks against a chain of exactly rounded sums. Values come from the formula of NUMERICS,
// not from models/formats.
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd.h"
#include "tests/models/gemm/reference_oracle.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260202;
constexpr Fp8Operand kOperands[] = {Fp8Operand::e4m3b11, Fp8Operand::e5m2, Fp8Operand::u4,
                                    Fp8Operand::s4};
using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] bool is_fp8(Fp8Operand format) {
  return format == Fp8Operand::e4m3b11 || format == Fp8Operand::e5m2;
}

[[nodiscard]] bool is_nan(Fp8Operand format, int code) {
  return is_fp8(format) && (code & 0x7F) == 0x7F;
}

/// In units of 2^-16, which every value of every format is a multiple of.
std::int64_t units(Fp8Operand format, int code) {
  if (format == Fp8Operand::u4) return std::int64_t{code & 15} << 16;
  if (format == Fp8Operand::s4) return ((code & 15) - (code & 8) * 2) * std::int64_t{65536};
  const int mantissas = format == Fp8Operand::e4m3b11 ? 8 : 4;
  const int bias = format == Fp8Operand::e4m3b11 ? 11 : 15;
  const int e = (code & 0x7F) / mantissas;
  const int m = code % mantissas;
  const double value = e == 0 ? std::ldexp(m, 1 - bias) : std::ldexp(mantissas + m, e - bias);
  const auto magnitude = static_cast<std::int64_t>(std::ldexp(value, 16) / mantissas);
  return code >= 0x80 ? -magnitude : magnitude;
}

/// Chunk results by exact rounding of every partial sum.
std::vector<Fp16Code> exact_chunks(const std::vector<int>& a, Fp8Operand a_format,
                                   const std::vector<int>& b, Fp8Operand b_format, int chunk_len) {
  static const NearestFp16<Int128> nearest(-44);
  std::vector<Fp16Code> chunks;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i % static_cast<std::size_t>(chunk_len) == 0) chunks.push_back(0);
    Fp16Code& sum = chunks.back();
    if (fp16_is_nan_infinity(sum) || is_nan(a_format, a[i]) || is_nan(b_format, b[i])) {
      sum = kFp16NanInfinity;
      continue;
    }
    const Int128 product = Int128(units(a_format, a[i])) * units(b_format, b[i]);
    sum = nearest(Int128(scaled(product, 44 - 32) + exact_value<Int128>(sum, -44)));
  }
  return chunks;
}

void require_both(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                  Fp8Operand a_format, const Bytes& a, Fp8Operand b_format, const Bytes& b,
                  const std::vector<Fp16Code>& expected) {
  std::vector<Fp16Code> c(expected.size(), 0xDEAD);
  fp8_gemm_reference(shape, accumulator, chunk_len, a_format, a.data(), b_format, b.data(),
                     c.data());
  const bool reference_equal = c == expected;
  REQUIRE(reference_equal);
  for (const std::string& name : simd_instruction_sets()) {
    INFO("instruction set " << name);
    const ForcedInstructionSet forced(name);
    std::fill(c.begin(), c.end(), 0xDEAD);
    fp8_gemm(shape, accumulator, chunk_len, a_format, a.data(), b_format, b.data(), c.data());
    const bool equal = c == expected;
    REQUIRE(equal);
  }
}

TEST_CASE("All pairs of operand codes of all FP8 GEMM formats multiply exactly") {
  for (const Fp8Operand a_format : kOperands) {
    for (const Fp8Operand b_format : kOperands) {
      CAPTURE(static_cast<int>(a_format), static_cast<int>(b_format));
      Bytes a, b;
      for (int code = 0; code < (is_fp8(a_format) ? 256 : 16); ++code) a.push_back(code);
      for (int code = 0; code < (is_fp8(b_format) ? 256 : 16); ++code) b.push_back(code);
      std::vector<Fp16Code> expected;
      for (const int x : a) {
        for (const int y : b) {
          expected.push_back(exact_chunks({x}, a_format, {y}, b_format, 1)[0]);
          if (is_nan(a_format, x) || is_nan(b_format, y)) continue;
          // A product has at most eight significant bits: nothing was rounded. Gradients times
          // gradients, which no layer multiplies, would reach beyond fp16 at either end.
          if (a_format == Fp8Operand::e5m2 && b_format == Fp8Operand::e5m2) continue;
          const Int128 product = Int128(units(a_format, x)) * units(b_format, y);
          REQUIRE(exact_value<Int128>(expected.back(), -44) == scaled(product, 12));
        }
      }
      const GemmShape shape{static_cast<std::int64_t>(a.size()),
                            static_cast<std::int64_t>(b.size()), 1};
      require_both(shape, AccumulatorType::fp16, 64, a_format, a, b_format, b, expected);
    }
  }
}

TEST_CASE("Random FP8 GEMMs of all formats equal chains of exactly rounded sums") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const Fp8Operand a_format : kOperands) {
    for (const Fp8Operand b_format : kOperands) {
      for (int trial = 0; trial < 4; ++trial) {
        const int chunk_len = trial == 0 ? 16 : 1 + static_cast<int>(random() % 80);
        const GemmShape shape{2, 3, 1 + static_cast<std::int64_t>(random() % 300)};
        const auto draw = [&](Fp8Operand format) {
          const auto code = static_cast<int>(random() % (is_fp8(format) ? 256 : 16));
          return is_nan(format, code) && trial != 3 ? 0x80 : code;
        };
        Bytes a, b;
        for (std::int64_t i = 0; i < shape.m * shape.k; ++i) a.push_back(draw(a_format));
        for (std::int64_t i = 0; i < shape.k * shape.n; ++i) b.push_back(draw(b_format));
        for (const AccumulatorType type : {AccumulatorType::fp16x2, AccumulatorType::fp16}) {
          std::vector<Fp16Code> expected;
          for (std::int64_t m = 0; m < shape.m; ++m) {
            for (std::int64_t n = 0; n < shape.n; ++n) {
              std::vector<int> row, column;
              for (std::int64_t k = 0; k < shape.k; ++k) {
                row.push_back(a[static_cast<std::size_t>(m * shape.k + k)]);
                column.push_back(b[static_cast<std::size_t>(k * shape.n + n)]);
              }
              expected.push_back(
                  accumulate(exact_chunks(row, a_format, column, b_format, chunk_len), type));
            }
          }
          CAPTURE(static_cast<int>(a_format), static_cast<int>(b_format), trial, shape.k);
          require_both(shape, type, chunk_len, a_format, a, b_format, b, expected);
        }
      }
    }
  }
}

TEST_CASE("The FP8 GEMM refuses what the FP16 GEMM refuses") {
  const Bytes codes(4);
  std::vector<Fp16Code> c(4);
  for (const auto& gemm_of_either_kind : {fp8_gemm_reference, fp8_gemm}) {
    CHECK_THROWS_AS(gemm_of_either_kind({2, 0, 2}, AccumulatorType::fp16, 64, Fp8Operand::e5m2,
                                        codes.data(), Fp8Operand::u4, codes.data(), c.data()),
                    std::invalid_argument);
    CHECK_THROWS_AS(gemm_of_either_kind({2, 2, 2}, AccumulatorType::fp32, 64, Fp8Operand::e5m2,
                                        codes.data(), Fp8Operand::u4, codes.data(), c.data()),
                    std::invalid_argument);
  }
}

}  // namespace
}  // namespace nibble::testing
