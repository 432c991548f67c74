// The parts of the SIMD FP16 baseline GEMM that exist once for every instruction set, as a table of
// functions; fp16_gemm_simd.cpp cuts a GEMM into tiles and calls them.
//
// Operands are binary32, A and the accumulators times a power of two that the instruction set
// chooses. A stays where it lies: an element is found by the sum of an offset of its row and one of
// its k, so that the rows of a convolution can overlap in an image.
//   B panel  [k][column], rows of it `b_stride` apart
// `multiply` runs with binary32 rounding toward zero and subnormal results flushed to zero, which
// the driver sets.
#pragma once

#include <cstdint>

#include "models/gemm/gemm.h"

namespace nibble {

inline constexpr int kFp16TileRows = 8;

/// What the operands say about every sum of a GEMM before it is computed; each step leaves out the
/// instructions that look for what cannot happen.
enum class Fp16SumRange : std::uint8_t {
  any,
  no_overflow,        // no NaN-infinity goes in or comes out
  no_limits_reached,  // nor can a sum that is not zero be flushed to zero
  exact_chunks        // 4-bit numbers: a chunk's sum is exact and rounded once (channels only)
};

/// One tile times one panel over `codes` values of k, at most kChunksPerGroup chunks.
struct Fp16TileProduct {
  const float* a = nullptr;
  const std::int32_t* row_offsets = nullptr;  // of kFp16TileRows rows
  const std::int32_t* k_offsets = nullptr;
  const float* b = nullptr;
  std::int64_t b_stride = 0;
  std::int64_t codes = 0;
  int chunk_len = 0;
  bool grouped = false;  // fp16x2: these chunks are one group
  Fp16SumRange range = Fp16SumRange::any;
  float* state = nullptr;  // [row][column] accumulators, read and written; NaN is NaN-infinity
};

struct Fp16GemmKernels {
  int vector_columns;  // a panel is `panel_vectors` vectors wide, the last one perhaps one
  int panel_vectors;
  /// codes[0..count) as either operand has them: A's are scaled.
  void (*unpack_stream)(const Fp16Code* codes, std::int64_t count, float* values);
  void (*unpack_stationary)(const Fp16Code* codes, std::int64_t count, float* values);
  /// B[0..codes, 0..) into a panel of `vectors` vectors; columns that B lacks hold anything.
  /// `readable` codes may be read from `b` on.
  void (*pack_stationary)(const Fp16Code* b, std::int64_t row_stride, std::int64_t codes,
                          std::int64_t readable, int vectors, float* panel);
  void (*multiply)(const Fp16TileProduct& product, int vectors);
  /// Column by column: A has a number of its own for each column of one vector, neighbours in
  /// memory.
  void (*multiply_channels)(const Fp16TileProduct& product);
  /// Accumulators [rows][width] to C [rows][columns].
  void (*store)(const float* state, int rows, int width, int columns, std::int64_t row_stride,
                Fp16Code* c);
};

/// The table for the best instruction set, or for the one a ForcedInstructionSet asks for.
[[nodiscard]] const Fp16GemmKernels& fp16_gemm_kernels();

}  // namespace nibble
