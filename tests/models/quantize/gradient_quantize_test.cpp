// Every gradient grid on all 65,536 fp16 inputs against lists of levels and thresholds written out
// here, stochastic rounding against its defining inequality in integers and in the mean, array
// forms against scalar ones.
#include "models/quantize/gradient_quantize.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "models/quantize/fp4_quantize.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260203;

struct Expected {
  GradientGrid grid;
  int bits;
  std::vector<double> levels;      // of the indices 1, 2, ...
  std::vector<double> thresholds;  // of rounding to nearest
};

const std::vector<Expected>& expected_grids() {
  static const std::vector<Expected> grids{
      {GradientGrid::radix4_even,
       4,
       {0.015625, 0.0625, 0.25, 1, 4, 16, 64},
       {0.009765625, 0.0390625, 0.15625, 0.625, 2.5, 10, 40}},
      {GradientGrid::radix4_odd,
       4,
       {0.0078125, 0.03125, 0.125, 0.5, 2, 8, 32},
       {0.0048828125, 0.01953125, 0.078125, 0.3125, 1.25, 5, 20}},
      {GradientGrid::radix4_3bit_even, 3, {4, 16, 64}, {2.5, 10, 40}},
      {GradientGrid::radix4_3bit_odd, 3, {2, 8, 32}, {1.25, 5, 20}},
      {GradientGrid::radix4_2bit_even, 2, {64}, {40}},
      {GradientGrid::radix4_2bit_odd, 2, {32}, {20}},
      {GradientGrid::radix2, 4, {1, 2, 4, 8, 16, 32, 64}, {0.75, 1.5, 3, 6, 12, 24, 48}},
      {GradientGrid::e2m1, 4, {0.5, 1, 1.5, 2, 3, 4, 6}, {0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5}}};
  return grids;
}

double value_of(Fp16Code x) { return static_cast<double>(fp16_to_float(x)); }

TEST_CASE("Every code of every gradient grid has the value that NUMERICS prints") {
  REQUIRE(expected_grids().size() == kGradientGrids);
  for (const Expected& expected : expected_grids()) {
    const GradientLevels& levels = gradient_levels(expected.grid);
    CAPTURE(levels.name);
    CHECK(levels.bits == expected.bits);
    REQUIRE(levels.levels == static_cast<int>(expected.levels.size()));
    for (int sign = 0; sign < 2; ++sign) {
      CHECK(gradient_units(expected.grid, static_cast<NibbleCode>(8 * sign)) == 0);
      for (int i = 1; i <= levels.levels; ++i) {
        const int units = gradient_units(expected.grid, static_cast<NibbleCode>(8 * sign + i));
        const double value = std::ldexp(units, levels.unit_exponent);
        CHECK(value == (sign == 0 ? 1 : -1) * expected.levels[static_cast<std::size_t>(i) - 1]);
      }
    }
  }
}

TEST_CASE("Nearest gradient codes of all fp16 inputs follow the printed thresholds, ties up") {
  for (const Expected& expected : expected_grids()) {
    for (const double factor : {1.0, 0.0009765625, 32.0, 1048576.0}) {
      int mismatches = 0;
      for (std::uint32_t i = 0; i < 0x10000; ++i) {
        const auto x = static_cast<Fp16Code>(i);
        int level = 0;
        for (const double threshold : expected.thresholds) {
          // A NaN counts as larger than all.
          if (!(std::fabs(value_of(x)) * factor < threshold)) ++level;
        }
        const int code = level == 0 ? 0 : level + (x >= 0x8000 ? 8 : 0);
        mismatches += gradient_quantize(expected.grid, GradientRounding::nearest, x,
                                        static_cast<float>(factor), 0) != code
                          ? 1
                          : 0;
      }
      CAPTURE(gradient_levels(expected.grid).name, factor);
      REQUIRE(mismatches == 0);
    }
  }
}

TEST_CASE("The radix-4 grids round to nearest as the chip's fp4 converter does") {
  int mismatches = 0;
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const auto x = static_cast<Fp16Code>(i);
    for (const int g : {-3, 0, 17}) {
      const float factor = std::ldexp(1.0F, g);
      const auto even =
          gradient_quantize(GradientGrid::radix4_even, GradientRounding::nearest, x, factor, 0);
      const auto odd =
          gradient_quantize(GradientGrid::radix4_odd, GradientRounding::nearest, x, factor, 0);
      mismatches += even != fp4_quantize(x, Fp4Phase::even, g) ? 1 : 0;
      mismatches += odd != fp4_quantize(x, Fp4Phase::odd, g) ? 1 : 0;
    }
  }
  CHECK(mismatches == 0);
}

/// By definition: up if draw / 2^22 is below the fraction of the gap, in integers of 2^-60.
int stochastic_level(const Expected& expected, double magnitude, std::uint32_t random) {
  __extension__ typedef __int128 Int128;
  if (!(magnitude < expected.levels.back())) return static_cast<int>(expected.levels.size());
  int level = 0;
  double below = 0;
  while (magnitude >= expected.levels[static_cast<std::size_t>(level)]) {
    below = expected.levels[static_cast<std::size_t>(level)];
    ++level;
  }
  const auto integer = [](double x) { return static_cast<Int128>(std::ldexp(x, 60)); };
  const Int128 gap = integer(expected.levels[static_cast<std::size_t>(level)]) - integer(below);
  const Int128 distance = integer(magnitude) - integer(below);
  return level + (gap * (random >> 10) < (distance << 22) ? 1 : 0);
}

TEST_CASE("Stochastic codes of all fp16 inputs follow the drawn bits exactly") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const Expected& expected : expected_grids()) {
    for (const double factor : {1.0, 0.03125, 512.0}) {
      int mismatches = 0;
      for (std::uint32_t i = 0; i < 0x10000; ++i) {
        const auto x = static_cast<Fp16Code>(i);
        // Also the two draws beside the decision.
        auto word = static_cast<std::uint32_t>(random());
        if (i % 16 == 0) word = 0;
        if (i % 16 == 1) word = std::numeric_limits<std::uint32_t>::max();
        const int level = stochastic_level(expected, std::fabs(value_of(x)) * factor, word);
        const int code = level == 0 ? 0 : level + (x >= 0x8000 ? 8 : 0);
        mismatches += gradient_quantize(expected.grid, GradientRounding::stochastic, x,
                                        static_cast<float>(factor), word) != code
                          ? 1
                          : 0;
      }
      CAPTURE(gradient_levels(expected.grid).name, factor);
      REQUIRE(mismatches == 0);
    }
  }
}

TEST_CASE("Underflow is stochastic below the lowest level and to nearest from there on") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const Expected& expected : expected_grids()) {
    int mismatches = 0;
    for (std::uint32_t i = 0; i < 0x10000; ++i) {
      const auto x = static_cast<Fp16Code>(i);
      const auto word = static_cast<std::uint32_t>(random());
      const bool below = std::fabs(value_of(x)) < expected.levels.front();
      const GradientRounding as = below ? GradientRounding::stochastic : GradientRounding::nearest;
      mismatches += gradient_quantize(expected.grid, GradientRounding::underflow, x, 1.0F, word) !=
                            gradient_quantize(expected.grid, as, x, 1.0F, word)
                        ? 1
                        : 0;
    }
    CAPTURE(gradient_levels(expected.grid).name);
    REQUIRE(mismatches == 0);
  }
}

TEST_CASE("The mean of stochastic codes over all draws is the value, between all levels") {
  // 2^22 draws would be exhaustive; every 2^10th of them leaves an error below 2^-11 of the gap.
  for (const Expected& expected : expected_grids()) {
    const GradientLevels& levels = gradient_levels(expected.grid);
    double below = 0;
    for (const double above : expected.levels) {
      for (const double fraction : {0.0, 0.125, 0.5, 0.75}) {
        const Fp16Code x = fp16_from_double(below + fraction * (above - below));
        std::int64_t sum = 0;
        constexpr int kDraws = 1 << 12;
        for (int draw = 0; draw < kDraws; ++draw) {
          sum += gradient_units(
              expected.grid, gradient_quantize(expected.grid, GradientRounding::stochastic, x, 1.0F,
                                               static_cast<std::uint32_t>(draw) << 20));
        }
        const double mean = std::ldexp(static_cast<double>(sum) / kDraws, levels.unit_exponent);
        CAPTURE(levels.name, below, above, fraction);
        REQUIRE(std::fabs(mean - value_of(x)) <= (above - below) / 2048);
      }
      below = above;
    }
  }
}

TEST_CASE("The array gradient quantisers equal the scalar ones at every length and alignment") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const RandomStream stream{kSeed, 12, 5, 1};
  for (const Expected& expected : expected_grids()) {
    for (std::size_t count = 0; count < 200; count = count < 70 ? count + 1 : count + 29) {
      std::vector<Fp16Code> x(count + 1);
      for (Fp16Code& v : x)
        v = static_cast<Fp16Code>((random() & 0x81FF) | (24 + random() % 16) << 9);
      for (const GradientRounding rounding :
           {GradientRounding::nearest, GradientRounding::stochastic, GradientRounding::underflow}) {
        std::vector<NibbleCode> codes(count + 1, 0x55);
        gradient_quantize(expected.grid, rounding, x.data() + 1, count, 1.37F, stream,
                          codes.data());
        for (std::size_t i = 0; i < count; ++i) {
          REQUIRE(codes[i] == gradient_quantize(expected.grid, rounding, x[i + 1], 1.37F,
                                                random_word(stream, i)));
        }
        REQUIRE(codes[count] == 0x55);
      }
    }
  }
}

TEST_CASE("The largest magnitude of a tensor becomes the highest level, to binary32's last place") {
  CHECK(tensor_max_factor(GradientGrid::radix2, 0.5F) == 128.0F);
  CHECK(tensor_max_factor(GradientGrid::e2m1, 3.0F) == 2.0F);
  CHECK(tensor_max_factor(GradientGrid::e2m1, 0.0F) == 1.0F);
  CHECK(tensor_max_factor(GradientGrid::e2m1, INFINITY) == 1.0F);
  CHECK(tensor_max_factor(GradientGrid::e2m1, NAN) == 1.0F);
  CHECK(tensor_max_factor(GradientGrid::radix2, std::numeric_limits<float>::denorm_min()) == 1.0F);
}

TEST_CASE("Each gradient format is listed once and two phases are an even and an odd grid") {
  for (const GradientFormat& format : kGradientFormats) {
    int same_name = 0;
    for (const GradientFormat& other : kGradientFormats) same_name += other.name == format.name;
    CHECK(same_name == 1);
    const GradientLevels& dgrad = gradient_levels(format.dgrad);
    const GradientLevels& wgrad = gradient_levels(format.wgrad);
    CHECK(dgrad.levels == wgrad.levels);
    const bool two_phases = format.name.find("tpr") != std::string_view::npos;
    CHECK(wgrad.unit_exponent == dgrad.unit_exponent - (two_phases ? 1 : 0));
  }
}

TEST_CASE(
    "Both fp4 phases at once equal the one-by-one codes, and the largest magnitude is found") {
  std::vector<Fp16Code> all(0x10000);
  for (std::uint32_t i = 0; i < 0x10000; ++i) all[i] = static_cast<Fp16Code>(i * 40503U);
  std::vector<NibbleCode> even(all.size()), odd(all.size());
  std::vector<int> scales{std::numeric_limits<int>::min(), -1000, -100, 100,
                          std::numeric_limits<int>::max()};
  for (int g = -45; g <= 45; g += 5) scales.push_back(g);
  for (const int g : scales) {
    for (const Fp4Tie tie : {Fp4Tie::up, Fp4Tie::down}) {
      const Fp16Code largest =
          fp4_quantize_phases(all.data(), all.size(), g, even.data(), odd.data(), tie);
      REQUIRE(largest == kFp16NanInfinity);
      int mismatches = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        mismatches += even[i] != fp4_quantize(all[i], Fp4Phase::even, g, tie) ? 1 : 0;
        mismatches += odd[i] != fp4_quantize(all[i], Fp4Phase::odd, g, tie) ? 1 : 0;
      }
      CAPTURE(g, static_cast<int>(tie));
      REQUIRE(mismatches == 0);
    }
  }
}

TEST_CASE("Both fp4 phases at once write and read nothing beyond the count") {
  for (std::size_t count = 0; count < 140; ++count) {
    std::vector<Fp16Code> x(count + 2, kFp16NanInfinity);
    for (std::size_t i = 0; i < count; ++i) x[i + 1] = static_cast<Fp16Code>(0x3E00 + i);
    std::vector<NibbleCode> even(count + 1, 0x55), odd(count + 1, 0x55);
    const Fp16Code largest = fp4_quantize_phases(x.data() + 1, count, 0, even.data(), odd.data());
    REQUIRE(largest == (count == 0 ? 0 : 0x3E00 + count - 1));
    REQUIRE(even[count] == 0x55);
    REQUIRE(odd[count] == 0x55);
  }
}

}  // namespace
}  // namespace nibble::testing
