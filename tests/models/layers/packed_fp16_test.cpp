// packed_fp16_pass() against run_pass() with fp16_gemm_reference: whole passes of random
// convolutions, bit for bit, with every instruction set of this machine.
#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/layers/packed_pass.h"
#include "models/layers/run_pass.h"
#include "tests/models/layers/packed_cases.h"

namespace nibble {
namespace {

constexpr GemmPass kPasses[] = {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad};

/// Each range of sums needs kernels of its own.
struct Operands {
  const char* name;
  float deviation;
  bool special, whole;  // with zeros, limits and NaN-infinity; small whole numbers
};
constexpr Operands kOperands[] = {{"whole numbers", 3, false, true},
                                  {"gradients", 0.01F, false, false},
                                  {"sums that are flushed", 1e-5F, false, false},
                                  {"sums that overflow", 3e4F, false, false},
                                  {"special values", 1, true, false}};

std::vector<Fp16Code> random_codes(std::mt19937_64& random, std::int64_t count,
                                   const Operands& how) {
  std::normal_distribution<float> normal(0, how.deviation);
  constexpr Fp16Code kSpecial[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x7FFE, 0xFFFE, 0x7FFF, 0xFFFF};
  std::vector<Fp16Code> codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) {
    const float value = normal(random);
    code = fp16_from_float(how.whole ? std::round(value) : value);
    if (how.special && random() % 50 == 0) code = kSpecial[random() % 8];
  }
  return codes;
}

void compare(std::mt19937_64& random, const ConvShape& conv, const GemmArithmetic& arithmetic,
             GemmPass pass, const Operands& how, float scale) {
  const std::int64_t x = conv.n * conv.c * conv.h * conv.w;
  const std::int64_t y = conv.n * conv.k * conv.p() * conv.q();
  const std::int64_t w = conv.k * conv.r * conv.s * (conv.c / conv.groups);
  const auto streamed = random_codes(random, pass == GemmPass::forward ? x : y, how);
  const auto stationary = random_codes(random, pass == GemmPass::wgrad ? x : w, how);
  REQUIRE(packed_fp16_pass_takes(conv, arithmetic));
  std::vector<Fp16Code> wanted = run_pass(conv, pass, streamed.data(), stationary.data(),
                                          {"test", GemmOperands::fp16, {}, arithmetic}, slow_gemm);
  if (scale != 1.0F) {
    for (Fp16Code& code : wanted) code = fp16_from_float(fp16_to_float(code) * scale);
  }
  std::vector<Fp16Code> got(wanted.size(), 0x1234);
  packed_fp16_pass(conv, pass, arithmetic, streamed.data(), stationary.data(), scale, got.data());
  INFO("seed " << test::kPackedSeed << ": " << how.name << ", scale " << scale << ", "
               << test::text(conv, arithmetic, pass));
  REQUIRE(got == wanted);
}

void compare_random(ConvShape (*draw)(std::mt19937_64&)) {
  std::uniform_real_distribution<float> scales(0.001F, 3.0F);
  test::with_all_kernels([&](std::mt19937_64& random) {
    constexpr int kChunkLens[] = {16, 16, 64, 7, 1};
    for (int i = 0; i < 25; ++i) {
      GemmArithmetic arithmetic;
      arithmetic.chunk_len = kChunkLens[random() % 5];
      arithmetic.accumulator = random() % 2 == 0 ? AccumulatorType::fp16 : AccumulatorType::fp16x2;
      const ConvShape conv = draw(random);
      const float scale = random() % 2 == 0 ? 1.0F : scales(random);
      for (const GemmPass pass : kPasses) {
        compare(random, conv, arithmetic, pass, kOperands[random() % 5], scale);
      }
    }
  });
}

TEST_CASE("Whole fp16 passes of random convolutions equal gather, reference GEMM and scatter") {
  compare_random(test::random_conv);
}

TEST_CASE(
    "fp16 depthwise passes of random convolutions equal gather, reference GEMMs and scatter") {
  compare_random(test::random_depthwise);
}

TEST_CASE("Whole fp16 passes of the shapes that networks keep in fp16 equal the reference") {
  // n, c, h, w, k, r, s, stride, padding: first layers, shortcuts, a linear layer.
  constexpr ConvShape kShapes[] = {{3, 1, 28, 28, 16, 3, 3, 1, 1},
                                   {2, 3, 15, 15, 8, 7, 7, 2, 3},
                                   {3, 16, 14, 14, 32, 1, 1, 2, 0},
                                   {2, 32, 7, 7, 64, 1, 1, 2, 0},
                                   {70, 48, 1, 1, 10, 1, 1, 1, 0}};
  GemmArithmetic arithmetic;
  arithmetic.chunk_len = 16;
  test::with_all_kernels([&](std::mt19937_64& random) {
    for (const ConvShape& conv : kShapes) {
      for (const GemmPass pass : kPasses) {
        for (const Operands& how : kOperands) compare(random, conv, arithmetic, pass, how, 1.0F);
      }
    }
  });
}

TEST_CASE("An fp16 reduction over several groups of chunks is cut where fp16x2 cuts it") {
  const ConvShape conv = {5, 2, 24, 24, 5, 1, 1, 1, 0};  // 2,880 pixels: two groups and a part
  const ConvShape deep = {1, 300, 3, 3, 4, 3, 3, 1, 1};  // 2,700 products forward
  test::with_all_kernels([&](std::mt19937_64& random) {
    for (const AccumulatorType accumulator : {AccumulatorType::fp16, AccumulatorType::fp16x2}) {
      GemmArithmetic arithmetic;
      arithmetic.chunk_len = 16;
      arithmetic.accumulator = accumulator;
      compare(random, conv, arithmetic, GemmPass::wgrad, kOperands[1], 1.0F);
      compare(random, deep, arithmetic, GemmPass::forward, kOperands[1], 0.3F);
    }
  });
}

TEST_CASE(
    "A wgrad's later images may bring what the earlier ones lacked: NaN-infinity, small units") {
  const ConvShape conv = {9, 2, 12, 12, 5, 3, 3, 1, 1};  // 1,296 pixels: two groups of chunks
  GemmArithmetic arithmetic;
  arithmetic.chunk_len = 16;
  test::with_all_kernels([&](std::mt19937_64& random) {
    for (const Operands& late : kOperands) {
      auto dy = random_codes(random, conv.n * 144 * conv.k, kOperands[0]);
      const auto x = random_codes(random, conv.n * 144 * conv.c, kOperands[0]);
      const auto tail = random_codes(random, 144 * conv.k, late);
      std::copy(tail.begin(), tail.end(), dy.end() - 144 * conv.k);
      const auto wanted = run_pass(conv, GemmPass::wgrad, dy.data(), x.data(),
                                   {"test", GemmOperands::fp16, {}, arithmetic}, slow_gemm);
      std::vector<Fp16Code> got(wanted.size());
      packed_fp16_pass(conv, GemmPass::wgrad, arithmetic, dy.data(), x.data(), 1.0F, got.data());
      INFO(late.name);
      CHECK(got == wanted);
    }
  });
}

TEST_CASE("fp16 passes that the packed one does not know are named") {
  ConvShape conv = {1, 4, 4, 4, 4, 3, 3, 1, 1};
  GemmArithmetic arithmetic;
  CHECK(packed_fp16_pass_takes(conv, arithmetic));
  arithmetic.accumulator = AccumulatorType::fp32;
  CHECK_FALSE(packed_fp16_pass_takes(conv, arithmetic));
  conv.groups = 2;
  CHECK_FALSE(packed_fp16_pass_takes(conv, {}));
}

TEST_CASE("What 32-bit offsets do not reach is left to the general pass, images kept together") {
  ConvShape conv = {1, 8, 4096, 4096, 1, 1, 1, 4096, 0};  // one pixel of each image
  CHECK(packed_fp16_pass_takes(conv, {}));
  conv.n = 64;
  CHECK_FALSE(packed_fp16_pass_takes(conv, {}));
  conv.h = conv.w = conv.stride = 64;
  CHECK(packed_fp16_pass_takes(conv, {}));
}

}  // namespace
}  // namespace nibble
