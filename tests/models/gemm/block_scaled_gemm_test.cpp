// The block-scaled GEMM: the readable one against sums in binary64 of the printed element values,
// the fast one against the readable one on every instruction set of this machine.
#include "models/gemm/block_scaled_gemm.h"

#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/gemm/gemm_simd.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260305;
constexpr BlockFormat kFormats[] = {BlockFormat::mxfp4, BlockFormat::nvfp4};
using Random = std::mt19937_64;

int block_len(BlockFormat format) { return format == BlockFormat::mxfp4 ? 32 : 16; }

BlockScaled random_operand(Random& random, BlockFormat format, BlockAxis axis, std::int64_t rows,
                           std::int64_t columns, int low_scale, int scales) {
  BlockScaled x;
  x.format = format;
  x.axis = axis;
  x.rows = rows;
  x.columns = columns;
  const std::int64_t lines = axis == BlockAxis::k_last ? rows : columns;
  const std::int64_t k = axis == BlockAxis::k_last ? columns : rows;
  const std::int64_t blocks = (k + block_len(format) - 1) / block_len(format);
  x.codes.resize(static_cast<std::size_t>(rows * columns));
  x.scales.resize(static_cast<std::size_t>(lines * blocks));
  for (NibbleCode& code : x.codes) code = static_cast<NibbleCode>(random() & 0xF);
  for (std::uint8_t& scale : x.scales) {
    scale = static_cast<std::uint8_t>(low_scale +
                                      static_cast<int>(random() % static_cast<unsigned>(scales)));
  }
  x.tensor_scale = format == BlockFormat::nvfp4 ? 0.0123F : 1.0F;
  return x;
}

/// Bits of every element, NaNs all alike.
std::vector<std::uint32_t> bits_of(const std::vector<float>& c) {
  std::vector<std::uint32_t> bits;
  for (const float x : c) {
    std::uint32_t b = 0;
    std::memcpy(&b, &x, sizeof b);
    bits.push_back(std::isnan(x) ? 0x7FC00000U : b);
  }
  return bits;
}

double element(int code) {
  constexpr double kMagnitudes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  return code < 8 ? kMagnitudes[code] : -kMagnitudes[code - 8];
}

double scale_value(BlockFormat format, int code) {
  if (format == BlockFormat::mxfp4) return std::ldexp(1.0, code - 127);
  return code < 8 ? std::ldexp(code, -9) : std::ldexp(8 + code % 8, code / 8 - 10);
}

/// Binary64 holds every term exactly, and a sum with a binary32 number so well that rounding it
/// to binary32 is rounding once. Elements count in their own units here, not in integers.
float naive_element(const BlockScaled& a, const BlockScaled& b, std::int64_t m, std::int64_t n) {
  const int len = block_len(a.format);
  const std::int64_t blocks = (a.columns + len - 1) / len;
  float acc = 0;
  for (std::int64_t block = 0; block < blocks; ++block) {
    double sum = 0;
    for (std::int64_t k = block * len; k < std::min((block + 1) * len, a.columns); ++k) {
      sum += element(a.codes[static_cast<std::size_t>(m * a.columns + k)]) *
             element(b.codes[static_cast<std::size_t>(k * b.columns + n)]);
    }
    sum *= scale_value(a.format, a.scales[static_cast<std::size_t>(m * blocks + block)]);
    sum *= scale_value(b.format, b.scales[static_cast<std::size_t>(block * b.columns + n)]);
    acc = static_cast<float>(static_cast<double>(acc) + sum);
  }
  return acc * (a.tensor_scale * b.tensor_scale);
}

void check_simd(const BlockScaled& a, const BlockScaled& b) {
  INFO(block_format(a.format).name << " m=" << a.rows << " n=" << b.columns << " k=" << a.columns);
  const auto size = static_cast<std::size_t>(a.rows * b.columns);
  std::vector<float> expected(size);
  block_scaled_gemm_reference(a, b, expected.data());
  for (const std::string& name : simd_instruction_sets()) {
    INFO("instruction set " << name);
    const ForcedInstructionSet forced(name);
    std::vector<float> c(size + 1, 12345.0F);
    block_scaled_gemm(a, b, c.data());
    const bool untouched = c[size] == 12345.0F;
    REQUIRE(untouched);
    c.pop_back();
    const bool equal = bits_of(c) == bits_of(expected);
    REQUIRE(equal);
  }
}

}  // namespace

TEST_CASE("The readable block-scaled GEMM adds exact block sums in binary32 in increasing k") {
  INFO("seed " << kSeed);
  Random random(kSeed);
  for (const BlockFormat format : kFormats) {
    // Scales that differ so much that the order of additions shows.
    const int low = format == BlockFormat::mxfp4 ? 110 : 0;
    const int count = format == BlockFormat::mxfp4 ? 34 : 127;
    for (const std::int64_t k : {1, 15, 16, 17, 31, 32, 33, 200, 1000}) {
      const BlockScaled a = random_operand(random, format, BlockAxis::k_last, 5, k, low, count);
      const BlockScaled b = random_operand(random, format, BlockAxis::k_first, k, 7, low, count);
      std::vector<float> expected, c(35);
      for (std::int64_t i = 0; i < 35; ++i) expected.push_back(naive_element(a, b, i / 7, i % 7));
      block_scaled_gemm_reference(a, b, c.data());
      CAPTURE(block_format(format).name, k);
      REQUIRE(c == expected);
    }
  }
}

TEST_CASE("Every pair of element codes has its exact product, with every pair of e4m3 scales") {
  for (const BlockFormat format : kFormats) {
    for (int pair = 0; pair < 256; ++pair) {
      BlockScaled a{format, BlockAxis::k_last, 1, 1, {}, {127}, 1.0F};
      BlockScaled b{format, BlockAxis::k_first, 1, 1, {}, {127}, 1.0F};
      a.codes = {static_cast<NibbleCode>(pair / 16)};
      b.codes = {static_cast<NibbleCode>(pair % 16)};
      int mismatches = 0;
      const int scales = format == BlockFormat::mxfp4 ? 1 : 127;
      for (int i = 0; i < scales * scales; ++i) {
        if (format == BlockFormat::nvfp4) {
          a.scales = {static_cast<std::uint8_t>(i / scales)};
          b.scales = {static_cast<std::uint8_t>(i % scales)};
        }
        float c = 0;
        block_scaled_gemm_reference(a, b, &c);
        const double expected = element(pair / 16) * element(pair % 16) *
                                scale_value(format, a.scales[0]) * scale_value(format, b.scales[0]);
        mismatches += static_cast<double>(c) == expected ? 0 : 1;
      }
      REQUIRE(mismatches == 0);
    }
  }
}

TEST_CASE("SIMD block-scaled GEMM equals the reference on every instruction set") {
  INFO("seed " << kSeed);
  Random random(kSeed);
  for (const BlockFormat format : kFormats) {
    const int low = format == BlockFormat::mxfp4 ? 100 : 0;
    const int count = format == BlockFormat::mxfp4 ? 40 : 127;
    for (int trial = 0; trial < 50; ++trial) {
      const auto m = 1 + static_cast<std::int64_t>(random() % 40);
      const auto n = 1 + static_cast<std::int64_t>(random() % 80);
      const auto k = 1 + static_cast<std::int64_t>(random() % (trial % 10 == 0 ? 5000 : 300));
      check_simd(random_operand(random, format, BlockAxis::k_last, m, k, low, count),
                 random_operand(random, format, BlockAxis::k_first, k, n, low, count));
    }
    // The edges of a stretch of 64 blocks.
    for (const std::int64_t k : {63, 64, 65, 128, 129}) {
      for (const std::int64_t over : {-1, 0, 1}) {
        const std::int64_t length = k * block_len(format) + over;
        check_simd(random_operand(random, format, BlockAxis::k_last, 13, length, low, count),
                   random_operand(random, format, BlockAxis::k_first, length, 33, low, count));
      }
    }
  }
}

TEST_CASE("SIMD block-scaled GEMM has the reference's infinities, subnormals and NaN") {
  INFO("seed " << kSeed);
  Random random(kSeed);
  for (int trial = 0; trial < 60; ++trial) {
    // All 256 codes: sums that overflow, vanish or meet the NaN scale. Then only small and large.
    const int low[] = {0, 0, 190};
    const int count[] = {256, 64, 65};
    const int kind = trial % 3;
    const std::int64_t k = 1 + static_cast<std::int64_t>(random() % 200);
    check_simd(
        random_operand(random, BlockFormat::mxfp4, BlockAxis::k_last, 9, k, low[kind], count[kind]),
        random_operand(random, BlockFormat::mxfp4, BlockAxis::k_first, k, 40, low[kind],
                       count[kind]));
    check_simd(random_operand(random, BlockFormat::nvfp4, BlockAxis::k_last, 9, k, 0, 128),
               random_operand(random, BlockFormat::nvfp4, BlockAxis::k_first, k, 40, 0, 128));
  }
}

TEST_CASE("A NaN scale makes the sums of its row or column NaN, also where its codes are zero") {
  Random random(kSeed);
  BlockScaled a = random_operand(random, BlockFormat::mxfp4, BlockAxis::k_last, 3, 64, 120, 8);
  const BlockScaled b =
      random_operand(random, BlockFormat::mxfp4, BlockAxis::k_first, 64, 4, 120, 8);
  a.scales[3] = kE8m0Nan;  // row 1, block 1
  std::fill(a.codes.begin() + 64 + 32, a.codes.begin() + 128, NibbleCode{0});
  std::vector<float> c(12);
  block_scaled_gemm(a, b, c.data());
  for (std::size_t i = 0; i < c.size(); ++i) CHECK(std::isnan(c[i]) == (i / 4 == 1));
}

TEST_CASE("Operands that do not fit each other are refused") {
  Random random(kSeed);
  const auto operand = [&](BlockFormat format, BlockAxis axis) {
    return random_operand(random, format, axis, 16, 16, 100, 8);
  };
  const BlockScaled a = operand(BlockFormat::mxfp4, BlockAxis::k_last);
  const BlockScaled b = operand(BlockFormat::mxfp4, BlockAxis::k_first);
  std::vector<float> c(256);
  CHECK_NOTHROW(block_scaled_gemm(a, b, c.data()));
  CHECK_THROWS_AS(block_scaled_gemm(b, a, c.data()), std::invalid_argument);
  CHECK_THROWS_AS(block_scaled_gemm(a, operand(BlockFormat::nvfp4, BlockAxis::k_first), c.data()),
                  std::invalid_argument);
  BlockScaled longer = random_operand(random, BlockFormat::mxfp4, BlockAxis::k_first, 17, 16, 9, 1);
  CHECK_THROWS_AS(block_scaled_gemm(a, longer, c.data()), std::invalid_argument);
  BlockScaled damaged = b;
  damaged.scales.pop_back();
  CHECK_THROWS_AS(block_scaled_gemm_reference(a, damaged, c.data()), std::invalid_argument);
}

}  // namespace nibble::testing
