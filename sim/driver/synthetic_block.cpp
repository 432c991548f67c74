#include "sim/driver/synthetic_block.h"

#include <cstring>

namespace nibble {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;
constexpr Fp16Code kUnwritten = 0x5555;

/// `count` codes from `bits_at(i)`, the i-th 64 random bits; `codes_of` turns them into
/// `CodesPerDraw` codes. The vector may be left a little longer than asked for.
template <int CodesPerDraw, typename Code, typename CodesOf>
void draw(std::int64_t count, std::uint64_t seed, std::vector<Code>& codes, CodesOf&& codes_of) {
  const std::int64_t draws = ceil_div(count, std::int64_t{CodesPerDraw});
  codes.resize(static_cast<std::size_t>(draws * CodesPerDraw));
  Code* out = codes.data();
  for (std::int64_t i = 0; i < draws; ++i, out += CodesPerDraw) {
    codes_of(mixed_bits(seed, static_cast<std::uint64_t>(i)), out);
  }
}

void draw_codes(std::int64_t count, std::uint64_t seed, std::vector<NibbleCode>& codes) {
  draw<16>(count, seed, codes, [](std::uint64_t bits, NibbleCode* out) {
    constexpr std::uint64_t kNibbles = 0x0F0F0F0F0F0F0F0FU;
    const std::uint64_t low = bits & kNibbles;
    const std::uint64_t high = bits >> 4 & kNibbles;
    std::memcpy(out, &low, 8);
    std::memcpy(out + 8, &high, 8);
  });
}

/// Sign and mantissa are random, the exponent is -4..3: sums cancel, round and never overflow.
void draw_values(std::int64_t count, std::uint64_t seed, std::vector<Fp16Code>& values) {
  draw<4>(count, seed, values, [](std::uint64_t bits, Fp16Code* out) {
    constexpr std::uint64_t kSignAndMantissa = 0x81FF81FF81FF81FFU;
    constexpr std::uint64_t kThreeBits = 0x0007000700070007U;
    constexpr std::uint64_t kLeastExponent = 0x001B001B001B001BU;  // biased: 27
    const std::uint64_t exponent = (bits >> 9 & kThreeBits) + kLeastExponent;
    const std::uint64_t four = (bits & kSignAndMantissa) | exponent << 9;
    std::memcpy(out, &four, 8);
  });
}

}  // namespace

std::uint64_t mixed_bits(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t bits = seed + kGolden * (counter + 1);
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBU;
  return bits ^ bits >> 31;
}

TileCommand SyntheticBlock::rebased(const TileCommand& command) {
  TileCommand local = command;
  local.g_begin = local.m_begin = local.n_begin = 0;
  local.g_end = command.g_end - command.g_begin;
  local.m_end = local.shape.m = command.m_end - command.m_begin;
  local.n_end = local.shape.n = command.n_end - command.n_begin;
  return local;
}

void SyntheticBlock::fill(const TileCommand& command, std::uint64_t seed) {
  precision_ = command.precision;
  k_first_ = command.k_begin;
  k_count_ = command.k_end - command.k_begin;
  const TileCommand local = rebased(command);
  const GemmShape& shape = local.shape;
  const std::int64_t a_count = local.g_end * shape.m * k_count_;
  const std::int64_t b_count = local.g_end * k_count_ * shape.n;
  const std::uint64_t a_seed = mixed_bits(seed, 0);
  const std::uint64_t b_seed = mixed_bits(seed, 1);
  if (precision_ == TilePrecision::nibble4) {
    draw_codes(a_count, a_seed, a_codes_);
    draw_codes(b_count, b_seed, b_codes_);
  } else {
    draw_values(a_count, a_seed, a_values_);
    draw_values(b_count, b_seed, b_values_);
  }
  c_.assign(static_cast<std::size_t>(local.g_end * shape.m * shape.n), kUnwritten);
}

TileOperands SyntheticBlock::operands() {
  if (precision_ == TilePrecision::nibble4) {
    return {a_codes_.data(), b_codes_.data(), c_.data(), k_first_, k_count_};
  }
  return {a_values_.data(), b_values_.data(), c_.data(), k_first_, k_count_};
}

}  // namespace nibble
