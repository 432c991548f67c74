// The 4-bit GEMM as NUMERICS section 2 states it, written to be read: decode, sum a chunk exactly,
// round it once, add it. Oracle of the SIMD GEMM, of the Verilated tile and of trace replay.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/gemm/chunk_accumulator.h"
#include "models/gemm/gemm.h"
#include "models/gemm/operand_values.h"

namespace nibble {

namespace {

using Values = std::vector<std::int16_t>;  // -4096..4096

/// A's codes as integers, [M,K].
Values decode_a(const GemmShape& shape, StreamFormat format, const NibbleCode* a) {
  std::array<std::int16_t, 16> table{};
  for (int code = 0; code < 16; ++code) {
    table[code] = static_cast<std::int16_t>(stream_value(format, static_cast<NibbleCode>(code)));
  }
  Values values(static_cast<std::size_t>(shape.m * shape.k));
  std::transform(a, a + values.size(), values.begin(),
                 [&](NibbleCode x) { return table[x & 0xF]; });
  return values;
}

/// B's codes as integers, transposed to [N,K] so that a dot product walks both operands forward.
Values decode_b(const GemmShape& shape, StationaryFormat format, const NibbleCode* b) {
  Values values(static_cast<std::size_t>(shape.n * shape.k));
  for (std::int64_t k = 0; k < shape.k; ++k) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      values[n * shape.k + k] =
          static_cast<std::int16_t>(stationary_value(format, b[k * shape.n + n]));
    }
  }
  return values;
}

/// The exact sum of one chunk; |result| < 2^24.
std::int32_t chunk_sum(const std::int16_t* a, const std::int16_t* b, std::int64_t length) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < length; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i];
  return sum;
}

/// Calls add(P) for every chunk result of every element of C, in increasing k, then finish(index).
template <typename Start, typename Add, typename Finish>
void for_each_chunk(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
                    const NibbleCode* b, Start start, Add add, Finish finish) {
  const Values a_values = decode_a(shape, arithmetic.stream, a);
  const Values b_values = decode_b(shape, arithmetic.stationary, b);
  const int exponent = chunk_exponent(arithmetic.stream);
  for (std::int64_t m = 0; m < shape.m; ++m) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      start();
      for (std::int64_t k = 0; k < shape.k; k += arithmetic.chunk_len) {
        const auto length = std::min<std::int64_t>(arithmetic.chunk_len, shape.k - k);
        const std::int32_t sum =
            chunk_sum(&a_values[m * shape.k + k], &b_values[n * shape.k + k], length);
        add(fp16_from_scaled_integer(sum, exponent));
      }
      finish(m * shape.n + n);
    }
  }
}

}  // namespace

int chunk_exponent(StreamFormat stream) {
  return is_integer(stream) ? 0 : gradient_levels(gradient_grid(stream)).unit_exponent;
}

void check_gemm(const GemmShape& shape, int chunk_len) {
  if (shape.m < 1 || shape.n < 1 || shape.k < 1) {
    throw std::invalid_argument("GEMM shape m=" + std::to_string(shape.m) +
                                " n=" + std::to_string(shape.n) + " k=" + std::to_string(shape.k) +
                                ": every dimension must be at least 1");
  }
  if (chunk_len < 1 || chunk_len > kMaxChunkLen) {
    throw std::invalid_argument("chunk_len " + std::to_string(chunk_len) + ": allowed are 1 to " +
                                std::to_string(kMaxChunkLen));
  }
}

void gemm_reference(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
                    const NibbleCode* b, Fp16Code* c) {
  check_gemm(shape, arithmetic.chunk_len);
  if (arithmetic.accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("accumulator fp32 yields binary32: call gemm_reference_fp32");
  }
  ChunkAccumulator accumulator(arithmetic.accumulator);
  for_each_chunk(
      shape, arithmetic, a, b, [&] { accumulator = ChunkAccumulator(arithmetic.accumulator); },
      [&](Fp16Code chunk) { accumulator.add(chunk); },
      [&](std::int64_t index) { c[index] = accumulator.finish(); });
}

void gemm_reference_fp32(const GemmShape& shape, const GemmArithmetic& arithmetic,
                         const NibbleCode* a, const NibbleCode* b, float* c) {
  check_gemm(shape, arithmetic.chunk_len);
  float accumulator = 0;
  for_each_chunk(
      shape, arithmetic, a, b, [&] { accumulator = 0; },
      [&](Fp16Code chunk) { accumulator += fp16_to_float(chunk); },
      [&](std::int64_t index) { c[index] = accumulator; });
}

}  // namespace nibble
