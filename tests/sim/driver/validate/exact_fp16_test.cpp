// The checks' own arithmetic against numbers worked out by hand.
#include "sim/driver/validate/exact_fp16.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

TEST_CASE("Exact numbers add, negate and compare across all their limbs") {
  const ExactNumber large(1, 90);
  const ExactNumber tiny(1, -96);
  CHECK(large < large + tiny);
  CHECK(large + -tiny < large);
  CHECK(-large < -large + tiny);
  CHECK(large + -large == ExactNumber());
  CHECK(-tiny < ExactNumber());
  CHECK(ExactNumber(-3, 60).magnitude() == ExactNumber(3, 60));
  CHECK(ExactNumber(1, 60) + ExactNumber(1, 60) == ExactNumber(1, 61));
  CHECK(ExactNumber(-1, -96) + tiny == ExactNumber());
  CHECK(ExactNumber(1023, 90 - 10) < large);
}

TEST_CASE("Rounding goes to nearest, ties away from zero, zero below and NaN-infinity above") {
  CHECK(exact_round({1, 0}) == 0x3E00);
  CHECK(exact_round({-1, 0}) == 0xBE00);
  CHECK(exact_round({1024 + 1, -10}) == 0x3E01);  // 1 + 1/1024, a tie
  CHECK(exact_round({-1024 - 1, -10}) == 0xBE01);
  CHECK(exact_round({4096 + 3, -12}) == 0x3E00);  // just below the tie
  CHECK(exact_round({2047, -10}) == 0x4000);      // carries into the exponent
  CHECK(exact_round({512 + 510, 32 - 9}) == 0x7FFE);
  CHECK(exact_round({1024 + 1020, 32 - 10}) == 0x7FFE);
  CHECK(exact_round({1024 + 1021, 32 - 10}) == 0x7FFF);  // the tie above the largest
  CHECK(exact_round({-1, 40}) == 0x7FFF);
  CHECK(exact_round({513, -40}) == 0x0001);
  CHECK(exact_round({1, -31}) == 0x0000);     // would be the code of zero
  CHECK(exact_round({1025, -41}) == 0x0001);  // the tie above it
  CHECK(exact_round({2049, -42}) == 0x0000);
  CHECK(exact_round({0, 0}) == 0x0000);
}

TEST_CASE("Binary32 numbers round like the exact value they hold") {
  CHECK(exact_round_single(0x3F800000) == 0x3E00);
  CHECK(exact_round_single(0x3F802000) == 0x3E01);
  CHECK(exact_round_single(0x3F801FFF) == 0x3E00);
  CHECK(exact_round_single(0x80000001) == 0x0000);
  CHECK(exact_round_single(0x7F7FFFFF) == 0x7FFF);
  CHECK(exact_round_single(0xFF800000) == 0x7FFF);
}

TEST_CASE("A fused multiply-add keeps what a rounded product would lose") {
  // (1 + 1/512)^2 = 1 + 2/512 + 1/512^2; minus (1 + 2/512) leaves 2^-18.
  CHECK(exact_fma(0x3E01, 0x3E01, 0xBE02) == (31 - 18) << 9);
  CHECK(exact_fma(0x3E00, 0x3E00, 0xBE00) == 0);
  CHECK(exact_fma(0x7FFF, 0x0000, 0x3E00) == 0x7FFF);
  CHECK(exact_fma(0x8000, 0x7FFE, 0x8000) == 0);
  CHECK(exact_add(0x3E00, 0xFFFF) == 0x7FFF);
  CHECK(exact_add(0x3E00, 0x3E00) == 0x4000);
}

TEST_CASE("Quantisers take the level of the threshold that is reached") {
  CHECK(exact_fp4(0x3E00, false, 0, true) == 4);   // 1 is at least 0.625, below 2.5
  CHECK(exact_fp4(0xBC80, false, 0, true) == 12);  // -0.625, on the threshold
  CHECK(exact_fp4(0xBC80, false, 0, false) == 11);
  CHECK(exact_fp4(0xBC80, true, -1, true) == 12);  // odd doubles, the scale halves
  CHECK(exact_fp4(0x8001, false, 0, true) == 0);
  CHECK(exact_fp4(0xFFFF, true, 0, true) == 15);
  CHECK(exact_pact(0x3C00, 0x3E00) == 1);  // 0.5
  CHECK(exact_pact(0x3BFF, 0x3E00) == 0);
  CHECK(exact_pact(0x459F, 0x3E00) == 14);  // just below 14.5
  CHECK(exact_pact(0x45A0, 0x3E00) == 15);
  CHECK(exact_pact(0x7FFF, 0x8000) == 15);
  CHECK(exact_s4(0xBC00, 0x3E00) == 0);  // floor(-0.5 + 0.5)
  CHECK(exact_s4(0xBC01, 0x3E00) == 0xF);
  CHECK(exact_s4(0xC600, 0x3E00) == 0x9);  // -16 saturates at -7
  CHECK(exact_sawb(0xBF000000, 0x3E00) == 0);
  CHECK(exact_sawb(0xBF000001, 0x3E00) == 0xF);
  CHECK(exact_sawb(0x3EFFFFFF, 0x3E01) == 1);
  CHECK(exact_sawb(0x7F800000, 0x8000) == 0x9);
}

}  // namespace
}  // namespace nibble
