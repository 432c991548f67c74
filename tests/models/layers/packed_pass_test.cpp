// packed_pass() against run_pass() with gemm_reference: whole passes of random convolutions, bit
// for bit, with every set of kernels this machine has.
#include "models/layers/packed_pass.h"

#include <random>

#include <catch2/catch.hpp>

#include "models/layers/fp16_values.h"
#include "models/layers/run_pass.h"
#include "tests/models/layers/packed_cases.h"

namespace nibble {
namespace {

using test::kPackedSeed;
using test::random_conv;
using test::with_all_kernels;

std::vector<NibbleCode> random_codes(std::mt19937_64& random, std::int64_t count) {
  std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() & 0xF);
  return codes;
}

/// Codes of both operands are any four bits, also those that no quantiser emits.
void compare(std::mt19937_64& random, const ConvShape& conv, GemmArithmetic arithmetic,
             GemmPass pass, float scale) {
  const std::int64_t x = conv.n * conv.c * conv.h * conv.w;
  const std::int64_t y = conv.n * conv.k * conv.p() * conv.q();
  const std::int64_t w = conv.k * conv.r * conv.s * (conv.c / conv.groups);
  const auto streamed = random_codes(random, pass == GemmPass::forward ? x : y);
  const auto stationary = random_codes(random, pass == GemmPass::wgrad ? x : w);
  REQUIRE(packed_pass_takes(conv, pass, arithmetic));
  std::vector<Fp16Code> wanted =
      run_pass(conv, pass, streamed.data(), stationary.data(),
               {"test", GemmOperands::nibble, {}, arithmetic}, slow_gemm);
  for (Fp16Code& code : wanted) code = fp16_from_float(fp16_to_float(code) * scale);
  std::vector<Fp16Code> got(wanted.size(), 0x1234);
  packed_pass(conv, pass, arithmetic, streamed.data(), stationary.data(), scale, got.data());
  INFO("seed " << kPackedSeed << ": " << test::text(conv, arithmetic, pass));
  REQUIRE(got == wanted);
}

void compare_passes(std::mt19937_64& random, const ConvShape& conv, GemmArithmetic arithmetic) {
  std::uniform_real_distribution<float> scales(0.001F, 3.0F);
  for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
    compare(random, conv, pass_arithmetic(pass, arithmetic), pass, scales(random));
  }
  GemmArithmetic is_signed = arithmetic;  // of networks whose activations can be negative
  is_signed.stream = StreamFormat::s4;
  compare(random, conv, is_signed, GemmPass::forward, 1.0F);
  is_signed = pass_arithmetic(GemmPass::wgrad, arithmetic);
  is_signed.stationary = StationaryFormat::s4;
  compare(random, conv, is_signed, GemmPass::wgrad, 1.0F);
}

/// 30 convolutions, which `draw` makes of random numbers.
template <typename Draw>
void compare_random_passes(std::mt19937_64& random, const Draw& draw) {
  constexpr int kChunkLens[] = {64, 64, 128, 16, 7, 1};
  for (int i = 0; i < 30; ++i) {
    GemmArithmetic arithmetic;
    arithmetic.chunk_len = kChunkLens[random() % 6];
    arithmetic.accumulator = random() % 2 == 0 ? AccumulatorType::fp16 : AccumulatorType::fp16x2;
    compare_passes(random, draw(random), arithmetic);
  }
}

TEST_CASE("Whole passes of random convolutions equal gather, reference GEMM and scatter") {
  with_all_kernels([](std::mt19937_64& random) { compare_random_passes(random, random_conv); });
}

TEST_CASE("Whole passes of the shapes that networks have equal the reference") {
  // n, c, h, w, k, r, s, stride, padding: ResNet stages, a bottleneck, a linear layer, a stem.
  constexpr ConvShape kShapes[] = {{6, 16, 14, 14, 16, 3, 3, 1, 1}, {3, 16, 14, 14, 32, 3, 3, 2, 1},
                                   {2, 64, 7, 7, 64, 3, 3, 1, 1},   {5, 64, 7, 7, 16, 1, 1, 1, 0},
                                   {4, 32, 7, 7, 64, 1, 1, 2, 0},   {70, 48, 1, 1, 10, 1, 1, 1, 0},
                                   {2, 3, 15, 15, 8, 7, 7, 2, 3}};
  with_all_kernels([&](std::mt19937_64& random) {
    for (const ConvShape& conv : kShapes) compare_passes(random, conv, {});
  });
}

TEST_CASE("Depthwise passes of random convolutions equal gather, reference GEMMs and scatter") {
  with_all_kernels([](std::mt19937_64& random) {
    compare_random_passes(random, test::random_depthwise);
    compare_passes(random, {12, 18, 20, 20, 18, 3, 3, 1, 1, 18}, {});  // 75 chunks of wgrad
  });
}

TEST_CASE("Gradients of every grid are packed") {
  const ConvShape conv = {3, 18, 9, 9, 20, 3, 3, 1, 1};
  with_all_kernels([&](std::mt19937_64& random) {
    for (int format = kIntegerStreams; format < kStreamFormats; ++format) {
      for (const GemmPass pass : {GemmPass::dgrad, GemmPass::wgrad}) {
        GemmArithmetic arithmetic = pass_arithmetic(pass, {});
        arithmetic.stream = static_cast<StreamFormat>(format);
        compare(random, conv, arithmetic, pass, 0.7F);
      }
    }
  });
}

TEST_CASE("A reduction over several groups of chunks is cut where fp16x2 cuts it") {
  const ConvShape conv = {11, 3, 30, 30, 5, 1, 1, 1, 0};  // 9,900 pixels: two groups and a part
  with_all_kernels([&](std::mt19937_64& random) {
    for (const AccumulatorType accumulator : {AccumulatorType::fp16, AccumulatorType::fp16x2}) {
      GemmArithmetic arithmetic;
      arithmetic.accumulator = accumulator;
      compare_passes(random, conv, arithmetic);
    }
  });
  const ConvShape deep = {1, 520, 3, 3, 4, 3, 3, 1, 1};  // 4,680 products: two groups forward
  std::mt19937_64 random(kPackedSeed);
  compare(random, deep, pass_arithmetic(GemmPass::forward, {}), GemmPass::forward, 1.0F);
}

TEST_CASE("Passes that the packed ones do not know are named") {
  ConvShape conv = {1, 4, 4, 4, 4, 3, 3, 1, 1};
  GemmArithmetic arithmetic;
  CHECK(packed_pass_takes(conv, GemmPass::forward, arithmetic));
  CHECK_FALSE(packed_pass_takes(conv, GemmPass::wgrad, arithmetic));  // u4 gradients
  arithmetic.accumulator = AccumulatorType::fp32;
  CHECK_FALSE(packed_pass_takes(conv, GemmPass::forward, arithmetic));
  conv.groups = 2;
  CHECK_FALSE(packed_pass_takes(conv, GemmPass::forward, {}));
}

}  // namespace
}  // namespace nibble
