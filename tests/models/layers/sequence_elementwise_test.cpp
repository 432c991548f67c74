#include "models/layers/sequence_elementwise.h"

#include <catch2/catch.hpp>

#include "models/layers/fp16_values.h"
#include "models/layers/sequence_elementwise_embedding.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"
#include "tests/models/layers/sequence_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 41;

Codes every_code() {
  Codes codes(65536);
  for (std::size_t code = 0; code < codes.size(); ++code) codes[code] = static_cast<Fp16Code>(code);
  return codes;
}

TEST_CASE("The value of an fp16 code has the bits of fp16_to_float") {
  for (const Fp16Code code : every_code()) {
    if (sfu_bits(fp16_value(code)) != sfu_bits(fp16_to_float(code))) FAIL("code " << code);
  }
}

TEST_CASE("GELU takes every code to its rounded value, whatever the instruction set") {
  const Codes x = every_code();
  Codes y(x.size());
  gelu(x.data(), 65536, y.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    wrong += y[i] == fp16_from_float(sfu_gelu(fp16_to_float(x[i]))) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(y[0x7FFF] == kFp16NanInfinity);
  CHECK(y[0xFFFF] == kFp16NanInfinity);
}

TEST_CASE("GELU's gradient agrees with differences of the error function") {
  std::mt19937_64 random(kSeed);
  const Codes x = random_codes(random, 203, 0, 2), dy = random_codes(random, 203, 0, 1);
  const auto forward = [](const Values& inputs) {
    Values outputs;
    for (const double input : inputs) {
      outputs.push_back(input * std::erfc(-input / std::sqrt(2.0)) / 2);
    }
    return outputs;
  };
  Codes dx(x.size());
  gelu_backward(x.data(), dy.data(), 203, dx.data());
  INFO("seed " << kSeed);
  CHECK(worst_error(dx, gradient_by_differences(forward, values_of(x), values_of(dy)), 1e-6) <= 1);

  const Codes special = {kFp16NanInfinity, 0};
  const Codes gradient = {0, kFp16NanInfinity};
  Codes result(2);
  gelu_backward(special.data(), gradient.data(), 2, result.data());
  CHECK(result == Codes{kFp16NanInfinity, kFp16NanInfinity});
}

TEST_CASE("Dropout keeps the elements whose random word reaches the rate, scaled") {
  std::mt19937_64 random(kSeed);
  const Codes x = random_codes(random, 10001, 3, 1);
  const RandomStream stream = {kSeed, 5, 6, 7};
  for (const double rate : {0.0, 0.25, 0.9}) {
    Codes y(x.size());
    dropout(x.data(), 10001, rate, stream, y.data());
    std::size_t dropped = 0, wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool kept = random_word(stream, i) >= rate * 0x1p32;
      const float scaled = fp16_to_float(x[i]) * static_cast<float>(1 / (1 - rate));
      wrong += y[i] == (kept ? fp16_from_float(scaled) : 0) ? 0 : 1;
      dropped += kept ? 0 : 1;
    }
    INFO("rate " << rate << ", seed " << kSeed);
    CHECK(wrong == 0);
    CHECK(std::abs(static_cast<double>(dropped) / 10001 - rate) < 0.015);
  }
}

TEST_CASE("Sums over a row are sixteen interleaved sums, folded in halves") {
  std::mt19937_64 random(kSeed);
  for (const std::int64_t count : {1, 7, 16, 33, 64, 251}) {
    const std::vector<float> x = random_floats(random, count, 0, 100);
    float lanes[16] = {};
    for (std::size_t c = 0; c < x.size(); ++c) lanes[c % 16] += x[c];
    const auto quarter = [&](int l) {
      return (lanes[l] + lanes[l + 8]) + (lanes[l + 4] + lanes[l + 12]);
    };
    const float wanted = (quarter(0) + quarter(2)) + (quarter(1) + quarter(3));
    const float got =
        sum_channels_of_row(count, [&](std::int64_t c) { return x[static_cast<std::size_t>(c)]; });
    INFO(count << " channels, seed " << kSeed);
    CHECK(got == wanted);
  }
}

TEST_CASE("A bias's gradient sums blocks of 64 rows, then the blocks, onto what is there") {
  // 2^24 + 1 is 2^24 in binary32, so a 1 survives only where it meets other ones first.
  Codes dy(67 * 2);
  dy[63 * 2] = fp16_from_float(0x1p24F);
  for (const std::size_t row : {64, 65}) dy[row * 2] = fp16_from_float(1);
  dy[62 * 2 + 1] = fp16_from_float(0x1p24F);
  dy[63 * 2 + 1] = fp16_from_float(1);
  std::vector<float> dbias = {0, 2};
  bias_gradient(dy.data(), 67, 2, dbias.data());
  CHECK(dbias == std::vector<float>{0x1p24F + 2, 0x1p24F + 2});

  std::mt19937_64 random(kSeed);
  const Codes many = random_codes(random, 200 * 37, 1, 1);
  Values wanted(37);
  for (std::size_t i = 0; i < many.size(); ++i) wanted[i % 37] += fp16_to_float(many[i]);
  std::vector<float> sums(37);
  bias_gradient(many.data(), 200, 37, sums.data());
  INFO("seed " << kSeed);
  CHECK(relative_error(sums, wanted) < 1e-6);
}

TEST_CASE("An embedding is the rounded row of each token") {
  std::mt19937_64 random(kSeed);
  const std::int64_t channels = 21;
  const std::vector<float> table = random_floats(random, 5 * channels, 0, 1);
  const std::vector<std::int32_t> ids = {4, 0, 4, 2};
  Codes y(ids.size() * 21);
  embedding(table.data(), ids.data(), 4, channels, y.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto row = static_cast<std::size_t>(ids[i / 21]);
    CHECK(y[i] == fp16_from_float(table[row * 21 + i % 21]));
  }
}

TEST_CASE("An embedding's gradient adds the tokens in order") {
  const Codes dy = {fp16_from_float(0x1p24F), fp16_from_float(3), fp16_from_float(1),
                    fp16_from_float(1)};
  std::vector<float> dtable = {0, 0.5F, 0};
  const std::vector<std::int32_t> large_first = {2, 1, 2, 2};
  embedding_backward(dy.data(), large_first.data(), 4, 1, dtable.data());
  CHECK(dtable == std::vector<float>{0, 3.5F, 0x1p24F});

  const Codes reversed(dy.rbegin(), dy.rend());
  dtable = {0, 0, 0};
  const std::vector<std::int32_t> large_last = {2, 2, 1, 2};
  embedding_backward(reversed.data(), large_last.data(), 4, 1, dtable.data());
  CHECK(dtable == std::vector<float>{0, 3, 0x1p24F + 2});
}

TEST_CASE("A position's row is rounded, added and rounded again") {
  // 1 + 1/1024 rounds up to 1 + 1/512; added to 1/1024 that lies above the tie, so it rounds up
  // again; the unrounded sum 1 + 2/1024 would stay.
  const std::vector<float> table = {1 + 0x1p-10F, 2};
  const Codes x = {fp16_from_float(0x1p-10F), fp16_from_float(1), 0, kFp16NanInfinity};
  Codes y(4);
  position_embedding(x.data(), table.data(), 2, 2, 1, y.data());
  CHECK(y == Codes{fp16_from_float(1 + 0x1p-8F), fp16_from_float(3), fp16_from_float(1 + 0x1p-9F),
                   kFp16NanInfinity});
}

TEST_CASE("A position's gradient adds the samples in order") {
  const Codes dy = {fp16_from_float(0x1p24F), fp16_from_float(1), fp16_from_float(1),
                    fp16_from_float(1),       fp16_from_float(1), fp16_from_float(0x1p24F)};
  std::vector<float> dtable = {0, 1};
  position_embedding_backward(dy.data(), 3, 2, 1, dtable.data());
  CHECK(dtable == std::vector<float>{0x1p24F, 0x1p24F + 4});
}

}  // namespace
}  // namespace nibble
