// NUMERICS section 2 once more, as naively as it can be written: exact sums, rounding by search
// (exact_fp16.h), chunk results kept in a list and added afterwards. Shares nothing with
// models/gemm but the names of formats and shapes.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "models/gemm/gemm.h"
#include "tests/models/formats/exact_fp16.h"

namespace nibble::testing {

/// Every format that can stream.
inline std::vector<StreamFormat> all_streams() {
  return {StreamFormat::u4,
          StreamFormat::s4,
          StreamFormat::fp4_even,
          StreamFormat::fp4_odd,
          StreamFormat::radix4_3bit_even,
          StreamFormat::radix4_3bit_odd,
          StreamFormat::radix4_2bit_even,
          StreamFormat::radix4_2bit_odd,
          StreamFormat::radix2,
          StreamFormat::e2m1};
}

/// An operand code in units of 2^unit.
inline std::int64_t operand_value(StreamFormat format, int code) {
  if (format == StreamFormat::u4) return code;
  if (format == StreamFormat::s4) return code < 8 ? code : code - 16;
  const auto level = static_cast<std::size_t>(code) % 8;
  std::array<int, 8> levels{0, 1, 4, 16, 64, 256, 1024, 4096};
  if (format == StreamFormat::radix4_3bit_even || format == StreamFormat::radix4_3bit_odd) {
    levels = {0, 1, 4, 16, 16, 16, 16, 16};
  }
  if (format == StreamFormat::radix4_2bit_even || format == StreamFormat::radix4_2bit_odd) {
    levels = {0, 1, 1, 1, 1, 1, 1, 1};
  }
  if (format == StreamFormat::radix2) levels = {0, 1, 2, 4, 8, 16, 32, 64};
  if (format == StreamFormat::e2m1) levels = {0, 1, 2, 3, 4, 6, 8, 12};
  return code < 8 ? levels[level] : -levels[level];
}

inline std::int64_t operand_value(StationaryFormat format, int code) {
  return operand_value(format == StationaryFormat::u4 ? StreamFormat::u4 : StreamFormat::s4, code);
}

inline int unit_exponent(StreamFormat format) {
  switch (format) {
    case StreamFormat::u4:
    case StreamFormat::s4:
    case StreamFormat::radix2:
      return 0;
    case StreamFormat::fp4_even:
      return -6;
    case StreamFormat::fp4_odd:
      return -7;
    case StreamFormat::radix4_3bit_even:
      return 2;
    case StreamFormat::radix4_3bit_odd:
      return 1;
    case StreamFormat::radix4_2bit_even:
      return 6;
    case StreamFormat::radix4_2bit_odd:
      return 5;
    case StreamFormat::e2m1:
      return -1;
  }
  return 0;
}

inline Fp16Code sum_in_order(const std::vector<Fp16Code>& values) {
  Fp16Code sum = values.at(0);
  for (std::size_t i = 1; i < values.size(); ++i) sum = exact_add(sum, values[i]);
  return sum;
}

/// Chunk results to the GEMM's result in an fp16 accumulator of one or two levels.
inline Fp16Code accumulate(const std::vector<Fp16Code>& chunks, AccumulatorType type) {
  if (type == AccumulatorType::fp16) return sum_in_order(chunks);
  std::vector<Fp16Code> groups;
  for (std::size_t begin = 0; begin < chunks.size(); begin += 64) {
    const std::size_t end = std::min<std::size_t>(begin + 64, chunks.size());
    groups.push_back(sum_in_order({chunks.begin() + static_cast<std::ptrdiff_t>(begin),
                                   chunks.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return sum_in_order(groups);
}

/// Binary64 holds the sum of two binary32 numbers well enough that rounding twice is harmless.
inline float accumulate_fp32(const std::vector<Fp16Code>& chunks) {
  float sum = fp16_to_float(chunks.at(0));
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    sum = static_cast<float>(static_cast<double>(sum) +
                             static_cast<double>(fp16_to_float(chunks[i])));
  }
  return sum;
}

/// The rounded chunk results of C[m,n], in increasing k.
inline std::vector<Fp16Code> chunk_results(const GemmShape& shape, const GemmArithmetic& arithmetic,
                                           const std::vector<NibbleCode>& a,
                                           const std::vector<NibbleCode>& b, std::int64_t m,
                                           std::int64_t n) {
  static const NearestFp16<Int128> nearest(-44);
  std::vector<Fp16Code> chunks;
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < shape.k; ++k) {
    const auto a_index = static_cast<std::size_t>(m * shape.k + k);
    const auto b_index = static_cast<std::size_t>(k * shape.n + n);
    sum += operand_value(arithmetic.stream, a.at(a_index)) *
           operand_value(arithmetic.stationary, b.at(b_index));
    if ((k + 1) % arithmetic.chunk_len == 0 || k + 1 == shape.k) {
      chunks.push_back(nearest(scaled(Int128(sum), unit_exponent(arithmetic.stream) + 44)));
      sum = 0;
    }
  }
  return chunks;
}

/// The same for the FP16 baseline: fused multiply-adds inside a chunk.
inline std::vector<Fp16Code> fp16_chunk_results(const GemmShape& shape, int chunk_len,
                                                const std::vector<Fp16Code>& a,
                                                const std::vector<Fp16Code>& b, std::int64_t m,
                                                std::int64_t n) {
  std::vector<Fp16Code> chunks;
  Fp16Code sum = 0;
  for (std::int64_t k = 0; k < shape.k; ++k) {
    const auto a_index = static_cast<std::size_t>(m * shape.k + k);
    const auto b_index = static_cast<std::size_t>(k * shape.n + n);
    sum = exact_fma(a.at(a_index), b.at(b_index), sum);
    if ((k + 1) % chunk_len == 0 || k + 1 == shape.k) {
      chunks.push_back(sum);
      sum = 0;
    }
  }
  return chunks;
}

}  // namespace nibble::testing
