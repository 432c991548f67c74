// The block-scaled quantisers against the words of the two specifications: each element is looked
// up by distance among the printed E2M1 magnitudes, each scale computed by itself.
#include "models/quantize/block_quantize.h"

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260303;
constexpr double kMagnitudes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
constexpr BlockFormat kFormats[] = {BlockFormat::mxfp4, BlockFormat::nvfp4};
constexpr BlockAxis kAxes[] = {BlockAxis::k_last, BlockAxis::k_first};
const RandomStream kStream{kSeed, 7, 3, 1};

int nearest_even_level(double magnitude) {
  int best = 0;
  for (int level = 1; level < 8; ++level) {
    const double distance = std::fabs(kMagnitudes[level] - magnitude);
    const double best_distance = std::fabs(kMagnitudes[best] - magnitude);
    if (distance < best_distance || (distance == best_distance && level % 2 == 0)) best = level;
  }
  return best;
}

/// Up if draw / 2^22 is below the fraction of the gap; exact in binary64.
int drawn_level(double magnitude, std::uint32_t random) {
  if (magnitude >= 6) return 7;
  int level = 0;
  while (magnitude >= kMagnitudes[level + 1]) ++level;
  const double gap = kMagnitudes[level + 1] - kMagnitudes[level];
  const double distance = magnitude - kMagnitudes[level];
  return level + (gap * (random >> 10) < distance * 4194304 ? 1 : 0);
}

int nearest_even_e4m3(double x) {
  const auto value = [](int code) {
    return code < 8 ? std::ldexp(code, -9) : std::ldexp(8 + code % 8, code / 8 - 10);
  };
  int best = 0;
  for (int code = 1; code <= 126; ++code) {
    const double distance = std::fabs(value(code) - x);
    const double best_distance = std::fabs(value(best) - x);
    if (distance < best_distance || (distance == best_distance && code % 2 == 0)) best = code;
  }
  return best;
}

/// One array with the naive quantiser's answers about it.
struct Case {
  BlockFormat format;
  BlockAxis axis;
  std::int64_t rows, columns;
  std::vector<float> x;

  [[nodiscard]] int block_len() const { return format == BlockFormat::mxfp4 ? 32 : 16; }
  [[nodiscard]] std::int64_t index(std::int64_t line, std::int64_t k) const {
    return axis == BlockAxis::k_last ? line * columns + k : k * columns + line;
  }
  [[nodiscard]] std::int64_t k() const { return axis == BlockAxis::k_last ? columns : rows; }
  [[nodiscard]] std::int64_t lines() const { return axis == BlockAxis::k_last ? rows : columns; }
  [[nodiscard]] std::int64_t blocks() const { return (k() + block_len() - 1) / block_len(); }

  /// s_enc of NVFP4.
  [[nodiscard]] float tensor_factor() const {
    float largest = 0;
    for (const float v : x) largest = std::isfinite(v) ? std::fmax(largest, std::fabs(v)) : largest;
    const float factor = 2688.0F / largest;
    return std::isfinite(factor) ? factor : 1.0F;
  }
};

/// Compares codes and scales of one block; returns the number of differences.
int check_block(const Case& c, float tensor_factor, const BlockScaled& result, std::int64_t line,
                std::int64_t block, const RandomStream* random) {
  const std::int64_t begin = block * c.block_len();
  const std::int64_t end = std::min(begin + c.block_len(), c.k());
  float largest = 0;
  bool finite = true;
  for (std::int64_t k = begin; k < end; ++k) {
    const float v = c.x[static_cast<std::size_t>(c.index(line, k))];
    finite = finite && std::isfinite(v);
    largest = std::fmax(largest, std::fabs(v));
  }
  int scale = 0;
  float factor = 0;
  if (c.format == BlockFormat::mxfp4) {
    const int exponent = largest == 0 ? -127 : std::max(std::ilogb(largest) - 2, -127);
    scale = finite ? exponent + 127 : 255;
    factor = finite ? std::ldexp(1.0F, -exponent) : 0;
  } else {
    scale = finite ? nearest_even_e4m3(std::fmin(largest / 6.0F * tensor_factor, 448.0F)) : 127;
    const double value =
        scale < 8 ? std::ldexp(scale, -9) : std::ldexp(8 + scale % 8, scale / 8 - 10);
    factor = finite && scale > 0 ? tensor_factor / static_cast<float>(value) : 0;
  }
  const std::int64_t scale_index =
      c.axis == BlockAxis::k_last ? line * c.blocks() + block : block * c.lines() + line;
  int mismatches = result.scales[static_cast<std::size_t>(scale_index)] == scale ? 0 : 1;
  for (std::int64_t k = begin; k < end; ++k) {
    const auto i = static_cast<std::size_t>(c.index(line, k));
    const float scaled = c.x[i] * factor;
    const auto magnitude = static_cast<double>(std::fabs(scaled));
    int level = 0;
    if (finite && random != nullptr) level = drawn_level(magnitude, random_word(*random, i));
    if (finite && random == nullptr) level = nearest_even_level(magnitude);
    const int code = level == 0 ? 0 : level + (std::signbit(scaled) ? 8 : 0);
    mismatches += result.codes[i] == code ? 0 : 1;
  }
  return mismatches;
}

void check(const Case& c, const BlockScaled& result, const RandomStream* random) {
  CAPTURE(block_format(c.format).name, static_cast<int>(c.axis), c.rows, c.columns);
  REQUIRE(result.codes.size() == c.x.size());
  REQUIRE(result.scales.size() == static_cast<std::size_t>(c.lines() * c.blocks()));
  CHECK(result.blocks() == c.blocks());
  const bool nvfp4 = c.format == BlockFormat::nvfp4;
  const float tensor_factor = c.tensor_factor();
  CHECK(result.tensor_scale == (nvfp4 ? 1.0F / tensor_factor : 1.0F));
  int mismatches = 0;
  for (std::int64_t line = 0; line < c.lines(); ++line) {
    for (std::int64_t block = 0; block < c.blocks(); ++block) {
      mismatches += check_block(c, tensor_factor, result, line, block, random);
    }
  }
  REQUIRE(mismatches == 0);
}

/// Both roundings of a binary32 array. `result` is used again and again, as the trainer does.
void check_floats(const Case& c) {
  static BlockScaled result;
  for (const RandomStream* random : {static_cast<const RandomStream*>(nullptr), &kStream}) {
    block_quantize(c.format, c.axis, c.rows, c.columns, c.x.data(), random, result);
    check(c, result, random);
  }
}

/// Sign, any mantissa, exponents from `low` on.
float random_float(std::mt19937_64& random, int low, int binades) {
  const double mantissa = 1.0 + static_cast<double>(random() >> 12) * 0x1p-52;
  const int exponent = low + static_cast<int>(random() % static_cast<unsigned>(binades));
  const double magnitude = std::ldexp(mantissa, exponent);
  return static_cast<float>((random() & 1) != 0 ? -magnitude : magnitude);
}

}  // namespace

TEST_CASE("E2M1 elements become the nearest magnitude, ties to even") {
  int mismatches = 0;
  const auto compare = [&](float x) {
    const int level = nearest_even_level(std::fabs(static_cast<double>(x)));
    const int code = level == 0 ? 0 : level + (x < 0 ? 8 : 0);
    mismatches += e2m1_from_float(x) == code ? 0 : 1;
  };
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const auto x = static_cast<Fp16Code>(i);
    if (!fp16_is_nan_infinity(x)) compare(fp16_to_float(x));
  }
  for (int level = 0; level < 7; ++level) {
    const auto middle = static_cast<float>((kMagnitudes[level] + kMagnitudes[level + 1]) / 2);
    for (const float sign : {1.0F, -1.0F}) {
      compare(sign * std::nextafter(middle, 0.0F));
      compare(sign * middle);
      compare(sign * std::nextafter(middle, INFINITY));
    }
  }
  CHECK(mismatches == 0);
  CHECK(e2m1_from_float(INFINITY) == 7);
  CHECK(e2m1_from_float(-INFINITY) == 15);
  CHECK(e2m1_from_float(NAN) == 0);
  CHECK(e2m1_from_float(-0.0F) == 0);
}

TEST_CASE("A block's scale and codes of every fp16 maximum follow the specifications") {
  // One block a row, its maximum any positive fp16 number, its other elements fixed shares of it.
  constexpr std::int64_t kRows = 0x7FFF;
  for (const BlockFormat format : kFormats) {
    Case c{format, BlockAxis::k_last, kRows, 11, {}};
    std::vector<Fp16Code> codes;
    for (std::uint32_t row = 0; row < kRows; ++row) {
      const float largest = fp16_to_float(static_cast<Fp16Code>(row));
      for (int i = 0; i < 11; ++i) {
        const float share = i == 10 ? 1.0F : 0.0937F * static_cast<float>(i);
        codes.push_back(fp16_from_float(i % 3 == 1 ? -largest * share : largest * share));
        c.x.push_back(fp16_to_float(codes.back()));
      }
    }
    for (const RandomStream* random : {static_cast<const RandomStream*>(nullptr), &kStream}) {
      BlockScaled result;
      block_quantize(format, c.axis, c.rows, c.columns, codes.data(), random, result);
      check(c, result, random);
    }
  }
}

TEST_CASE("Random arrays of every shape are cut into blocks along k, short last blocks too") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const BlockFormat format : kFormats) {
    for (const BlockAxis axis : kAxes) {
      for (int trial = 0; trial < 120; ++trial) {
        Case c{format, axis, 0, 0, {}};
        c.rows = 1 + static_cast<std::int64_t>(random() % 70);
        c.columns = 1 + static_cast<std::int64_t>(random() % 100);
        const int low = static_cast<int>(random() % 60) - 30;
        const int binades = 1 + static_cast<int>(random() % 20);
        for (std::int64_t i = 0; i < c.rows * c.columns; ++i) {
          c.x.push_back(random() % 16 == 0 ? 0.0F : random_float(random, low, binades));
        }
        check_floats(c);
      }
    }
  }
}

TEST_CASE("Blocks of zeros, of NaN and of binary32's extremes") {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float large = std::numeric_limits<float>::max();
  const float special[] = {0.0F,  -0.0F, tiny,   -tiny,    1e-38F,    1.0F,
                           -6e9F, large, -large, INFINITY, -INFINITY, NAN};
  for (const BlockFormat format : kFormats) {
    for (const BlockAxis axis : kAxes) {
      // Each special value alone, and with each other one in a block of its line.
      for (const float a : special) {
        check_floats({format, axis, 1, 1, {a}});
        for (const float b : special) {
          Case c{format, axis, 48, 48, std::vector<float>(std::size_t{48} * 48, 0.0F)};
          c.x[48 * 5 + 7] = a;
          c.x[48 * 6 + 8] = b;
          c.x[48 * 40 + 40] = 0.125F;
          check_floats(c);
        }
      }
    }
  }
}

TEST_CASE("NaN-infinity among fp16 gradients gives its block alone the NaN scale") {
  std::vector<Fp16Code> x(64, fp16_from_float(2.0F));
  x[20] = 0xFFFF;
  BlockScaled result;
  block_quantize(BlockFormat::nvfp4, BlockAxis::k_last, 1, 64, x.data(), nullptr, result);
  CHECK(result.scales == std::vector<std::uint8_t>{126, kE4m3Nan, 126, 126});
  CHECK(result.codes[19] == 0);
  CHECK(result.codes[32] == 7);
  block_quantize(BlockFormat::mxfp4, BlockAxis::k_first, 64, 1, x.data(), &kStream, result);
  CHECK(result.scales == std::vector<std::uint8_t>{kE8m0Nan, 126});
  CHECK(result.codes[20] == 0);
  CHECK(result.codes[32] == 6);
}

TEST_CASE("An empty array is no operand") {
  const float x = 1;
  BlockScaled result;
  CHECK_THROWS_AS(block_quantize(BlockFormat::mxfp4, BlockAxis::k_last, 0, 4, &x, nullptr, result),
                  std::invalid_argument);
  CHECK_THROWS_AS(block_quantize(BlockFormat::nvfp4, BlockAxis::k_last, 4, 0, &x, nullptr, result),
                  std::invalid_argument);
}

TEST_CASE("Each block recipe is listed once") {
  for (const BlockRecipe& recipe : kBlockRecipes) {
    int same_name = 0;
    for (const BlockRecipe& other : kBlockRecipes) same_name += other.name == recipe.name;
    CHECK(same_name == 1);
  }
}

}  // namespace nibble::testing
