// The random Hadamard transform against its matrix, where all sums are exact, and against the
// documented order of additions, where they are not.
#include "models/quantize/hadamard.h"

#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260304;
const RandomStream kSigns{kSeed, 0, 2, 5};

double sign_of(std::size_t k) { return (random_word(kSigns, k % 16) >> 31) != 0 ? -1.0 : 1.0; }

/// Row i, column j of the Hadamard matrix: -1 to the number of places where both have a one.
double matrix(std::size_t i, std::size_t j) {
  return __builtin_parity(static_cast<unsigned>(i & j)) != 0 ? -1.0 : 1.0;
}

/// Butterflies on halves, the widest last: NUMERICS' order, written as the recursion.
std::vector<float> recursive(const std::vector<float>& x) {
  if (x.size() == 1) return x;
  const auto half = static_cast<std::ptrdiff_t>(x.size() / 2);
  const std::vector<float> low = recursive({x.begin(), x.begin() + half});
  const std::vector<float> high = recursive({x.begin() + half, x.end()});
  std::vector<float> y;
  for (std::size_t i = 0; i < low.size(); ++i) y.push_back(low[i] + high[i]);
  for (std::size_t i = 0; i < low.size(); ++i) y.push_back(low[i] - high[i]);
  return y;
}

std::vector<Fp16Code> random_codes(std::size_t count, int low, int binades, Fp16Code mantissas) {
  static std::mt19937_64 random(kSeed);
  std::vector<Fp16Code> codes(count);
  for (Fp16Code& code : codes) {
    const auto exponent = static_cast<unsigned>(low) + random() % static_cast<unsigned>(binades);
    code = static_cast<Fp16Code>((random() & (0x8000U | mantissas)) | exponent << 9);
  }
  return codes;
}

std::vector<Fp16Code> transposed(const std::vector<Fp16Code>& x, std::size_t rows,
                                 std::size_t columns) {
  std::vector<Fp16Code> y(x.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
  }
  return y;
}

}  // namespace

TEST_CASE("The Hadamard transform of short mantissas is the matrix product, exactly") {
  INFO("seed " << kSeed);
  const std::vector<Fp16Code> x = random_codes(3 * 48, 28, 6, 0x1F0);
  std::vector<float> y;
  hadamard_transform(BlockAxis::k_last, 3, 48, x.data(), kSigns, y);
  REQUIRE(y.size() == x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t block = i / 16 * 16;
    double sum = 0;
    for (std::size_t j = 0; j < 16; ++j) {
      sum += matrix(i % 16, j) * sign_of(j) * static_cast<double>(fp16_to_float(x[block + j]));
    }
    REQUIRE(static_cast<double>(y[i]) == sum / 4);
  }
}

TEST_CASE("The Hadamard transform rounds in the documented order, along either dimension") {
  INFO("seed " << kSeed);
  for (std::size_t k = 1; k < 50; ++k) {
    const std::size_t lines = 1 + k % 7 * 9;
    const std::vector<Fp16Code> x = random_codes(lines * k, 1, 60, 0x1FF);
    const auto rows = static_cast<std::int64_t>(lines);
    const auto columns = static_cast<std::int64_t>(k);
    std::vector<float> last, first;
    hadamard_transform(BlockAxis::k_last, rows, columns, x.data(), kSigns, last);
    hadamard_transform(BlockAxis::k_first, columns, rows, transposed(x, lines, k).data(), kSigns,
                       first);
    const auto padded = static_cast<std::size_t>(hadamard_padded(columns));
    REQUIRE(padded == (k + 15) / 16 * 16);
    REQUIRE(last.size() == lines * padded);
    REQUIRE(first.size() == last.size());
    for (std::size_t line = 0; line < lines; ++line) {
      for (std::size_t block = 0; block < padded; block += 16) {
        std::vector<float> in(16, 0.0F);
        for (std::size_t i = 0; i < 16 && block + i < k; ++i) {
          in[i] = fp16_to_float(x[line * k + block + i]) * static_cast<float>(sign_of(i));
        }
        const std::vector<float> expected = recursive(in);
        for (std::size_t i = 0; i < 16; ++i) {
          REQUIRE(last[line * padded + block + i] == expected[i] * 0.25F);
          REQUIRE(first[(block + i) * lines + line] == expected[i] * 0.25F);
        }
      }
    }
  }
}

TEST_CASE("A product of two transformed operands is that of the operands") {
  const std::vector<Fp16Code> a = random_codes(40, 30, 2, 0x180);
  const std::vector<Fp16Code> b = random_codes(40, 30, 2, 0x180);
  std::vector<float> ha, hb;
  hadamard_transform(BlockAxis::k_last, 1, 40, a.data(), kSigns, ha);
  hadamard_transform(BlockAxis::k_first, 40, 1, b.data(), kSigns, hb);
  double plain = 0, product = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    plain += static_cast<double>(fp16_to_float(a[i])) * static_cast<double>(fp16_to_float(b[i]));
  }
  for (std::size_t i = 0; i < ha.size(); ++i) {
    product += static_cast<double>(ha[i]) * static_cast<double>(hb[i]);
  }
  CHECK(product == plain);
}

TEST_CASE("NaN-infinity spreads over its transform and no further") {
  std::vector<Fp16Code> x(32, fp16_from_float(1.0F));
  x[3] = kFp16NanInfinity;
  std::vector<float> y;
  hadamard_transform(BlockAxis::k_first, 32, 1, x.data(), kSigns, y);
  for (std::size_t i = 0; i < 32; ++i) CHECK(std::isnan(y[i]) == (i < 16));
}

}  // namespace nibble::testing
