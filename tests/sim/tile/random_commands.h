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

/// A GEMM with random operands, one or several groups; Code is NibbleCode or Fp16Code. A fraction
/// of the operands takes extreme codes, so that sums reach the ends of their range.
template <typename Code>
struct RandomGemm {
  GemmShape shape;
  GemmArithmetic arithmetic;
  std::int64_t groups;
  std::vector<Code> a, b;  // [G,M,K], [G,K,N]

  RandomGemm(const GemmShape& s, const GemmArithmetic& arith, std::mt19937& random)
      : shape(s),
        arithmetic(arith),
        groups(random() % 3 == 0 && s.macs() < 2'000'000 ? 2 + random() % 4 : 1),
        a(static_cast<std::size_t>(groups * s.m * s.k)),
        b(static_cast<std::size_t>(groups * s.k * s.n)) {
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
    std::vector<Fp16Code> c(results());
    for (std::int64_t g = 0; g < groups; ++g) {
      const Code* a_group = a.data() + g * shape.m * shape.k;
      const Code* b_group = b.data() + g * shape.k * shape.n;
      Fp16Code* c_group = c.data() + g * shape.m * shape.n;
      if constexpr (sizeof(Code) == 1) {
        gemm_reference(shape, arithmetic, a_group, b_group, c_group);
      } else {
        fp16_gemm_reference(shape, arithmetic.accumulator, arithmetic.chunk_len, a_group, b_group,
                            c_group);
      }
    }
    return c;
  }

  [[nodiscard]] std::size_t results() const {
    return static_cast<std::size_t>(groups * shape.m * shape.n);
  }

  [[nodiscard]] std::string text() const {
    return std::to_string(groups) + " groups of " + std::to_string(shape.m) + "x" +
           std::to_string(shape.n) + "x" + std::to_string(shape.k) + " stream " +
           std::to_string(static_cast<int>(arithmetic.stream)) + " stationary " +
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

/// The whole of `groups` GEMMs as commands: either cut freely in g, m and n, or into parts of one
/// group that fill the accumulators at most and whose K is cut as well.
inline std::vector<TileCommand> random_commands(std::int64_t groups, const GemmShape& shape,
                                                const GemmArithmetic& arithmetic,
                                                const TileGeometry& geometry,
                                                std::mt19937& random) {
  const bool cut_k = random() % 2 != 0;
  const std::int64_t columns = geometry.columns();
  const std::int64_t g_step = cut_k ? 1 : pick(random, 1, groups);
  const std::int64_t m_step = cut_k ? pick(random, 1, geometry.acc_rows) : pick(random, 1, shape.m);
  const std::int64_t n_step =
      pick(random, 1, cut_k ? geometry.acc_rows / m_step * columns : shape.n);
  const std::int64_t k_step =
      cut_k ? geometry.lanes * pick(random, 1, shape.k / geometry.lanes + 1) : shape.k;
  std::vector<TileCommand> commands;
  TileCommand command;
  command.precision = geometry.precision;
  command.arithmetic = arithmetic;
  command.shape = shape;
  for (std::int64_t g = 0; g < groups; g += g_step) {
    for (std::int64_t m = 0; m < shape.m; m += m_step) {
      for (std::int64_t n = 0; n < shape.n; n += n_step) {
        for (std::int64_t k = 0; k < shape.k; k += k_step) {
          command.g_begin = g;
          command.g_end = std::min(groups, g + g_step);
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
  }
  return commands;
}

template <typename Code>
std::vector<TileCommand> random_commands(const RandomGemm<Code>& gemm, const TileGeometry& geometry,
                                         std::mt19937& random) {
  return random_commands(gemm.groups, gemm.shape, gemm.arithmetic, geometry, random);
}

}  // namespace nibble
