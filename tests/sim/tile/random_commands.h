// Random GEMMs and their commands for the tile tests.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

/// Any 4-bit code; an fp16 code of an exponent near zero, so that sums cancel and round.
template <typename Code>
Code random_code(std::mt19937& random) {
  const auto bits = static_cast<unsigned>(random());
  if (sizeof(Code) == 1) return static_cast<Code>(bits & 15U);
  return static_cast<Code>((bits & 0x81FFU) | (27U + (bits >> 16) % 8) << 9);
}

/// A GEMM with random operands; Code is NibbleCode or Fp16Code. A fraction of the operands takes
/// extreme codes, so that sums reach the ends of their range.
template <typename Code>
struct RandomGemm {
  GemmShape shape;
  GemmArithmetic arithmetic;
  std::vector<Code> a, b;

  RandomGemm(const GemmShape& s, const GemmArithmetic& arith, std::mt19937& random)
      : shape(s),
        arithmetic(arith),
        a(static_cast<std::size_t>(s.m * s.k)),
        b(static_cast<std::size_t>(s.k * s.n)) {
    const bool extreme = random() % 4 == 0;
    for (auto& code : a) code = random_code<Code>(random);
    for (auto& code : b) code = random_code<Code>(random);
    if (!extreme) return;
    const auto a_code = random_code<Code>(random);
    const auto b_code = random_code<Code>(random);
    for (auto& code : a) code = random() % 8 != 0 ? a_code : code;
    for (auto& code : b) code = random() % 8 != 0 ? b_code : code;
  }

  [[nodiscard]] std::vector<Fp16Code> expected() const {
    std::vector<Fp16Code> c(static_cast<std::size_t>(shape.m * shape.n));
    if constexpr (sizeof(Code) == 1) {
      gemm_reference(shape, arithmetic, a.data(), b.data(), c.data());
    } else {
      fp16_gemm_reference(shape, arithmetic.accumulator, arithmetic.chunk_len, a.data(), b.data(),
                          c.data());
    }
    return c;
  }

  [[nodiscard]] std::string text() const {
    return std::to_string(shape.m) + "x" + std::to_string(shape.n) + "x" + std::to_string(shape.k) +
           " stream " + std::to_string(static_cast<int>(arithmetic.stream)) + " stationary " +
           std::to_string(static_cast<int>(arithmetic.stationary)) + " accumulator " +
           std::to_string(static_cast<int>(arithmetic.accumulator)) + " chunk " +
           std::to_string(arithmetic.chunk_len);
  }
};

/// Uniform in [low, high].
inline std::int64_t pick(std::mt19937& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

inline GemmArithmetic random_arithmetic(std::mt19937& random, int chunk_len) {
  GemmArithmetic arithmetic;
  arithmetic.stream = static_cast<StreamFormat>(random() % 4);
  arithmetic.stationary = static_cast<StationaryFormat>(random() % 2);
  arithmetic.accumulator = random() % 2 != 0 ? AccumulatorType::fp16x2 : AccumulatorType::fp16;
  arithmetic.chunk_len = chunk_len;
  return arithmetic;
}

/// The whole GEMM as commands: either cut freely in m and n, or into accumulator blocks whose K is
/// cut as well.
template <typename Code>
std::vector<TileCommand> random_commands(const RandomGemm<Code>& gemm, const TileGeometry& geometry,
                                         std::mt19937& random) {
  const GemmShape& shape = gemm.shape;
  const bool cut_k = random() % 2 != 0;
  const std::int64_t columns = static_cast<std::int64_t>(geometry.tiles) * geometry.cols;
  const std::int64_t m_step = cut_k ? pick(random, 1, geometry.acc_rows) : pick(random, 1, shape.m);
  const std::int64_t n_step = cut_k ? pick(random, 1, columns) : pick(random, 1, shape.n);
  const std::int64_t k_step =
      cut_k ? geometry.lanes * pick(random, 1, shape.k / geometry.lanes + 1) : shape.k;
  std::vector<TileCommand> commands;
  TileCommand command;
  command.precision = geometry.precision;
  command.arithmetic = gemm.arithmetic;
  command.shape = shape;
  for (std::int64_t m = 0; m < shape.m; m += m_step) {
    for (std::int64_t n = 0; n < shape.n; n += n_step) {
      for (std::int64_t k = 0; k < shape.k; k += k_step) {
        command.m_begin = m;
        command.m_end = std::min(shape.m, m + m_step);
        command.n_begin = n;
        command.n_end = std::min(shape.n, n + n_step);
        command.k_begin = k;
        command.k_end = std::min(shape.k, k + k_step);
        commands.push_back(command);
      }
    }
  }
  return commands;
}

}  // namespace nibble
