// The parts of the SIMD GEMM that exist once for every instruction set, as a table of functions:
// the driver in gemm_simd.cpp cuts a GEMM into tiles and calls them through the table of the best
// set.
//
// Packed operands. A quad is 32 bits: four byte codes (u8 * s8 dot product) or two int16 codes. A
// chunk is `quads_per_chunk` quads, its tail filled with zeros.
//   A tile   [chunk][piece of <= 16 quads][row][16 quads]   one cache line a row, so that a row is
//            copied line by line and its address within a piece is a constant
//   B panel  [chunk][quad][column]                          one vector load a quad
//   start    [chunk][column]  int32 that a chunk sum begins with, see `offset` below
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/gemm/gemm.h"

namespace nibble {

inline constexpr int kQuadsPerPiece = 16;
inline constexpr int kPieceBytes = 64;
inline constexpr int kMaxTileRows = 12;

/// How one chunk is laid out; the same for every chunk of a GEMM.
struct ChunkLayout {
  int chunk_len = 0;
  int codes_per_quad = 0;
  int quads = 0;
  int pieces = 0;
};

[[nodiscard]] constexpr ChunkLayout chunk_layout(int chunk_len, int codes_per_quad) {
  const int quads = (chunk_len + codes_per_quad - 1) / codes_per_quad;
  const int pieces = (quads + kQuadsPerPiece - 1) / kQuadsPerPiece;
  return {chunk_len, codes_per_quad, quads, pieces};
}

/// One tile times one panel over a block of at most kChunksPerGroup chunks.
struct TileProduct {
  const std::uint8_t* a = nullptr;
  const std::int32_t* b = nullptr;
  const std::int32_t* start = nullptr;
  int chunks = 0;
  int quads_in_last_chunk = 0;
  ChunkLayout layout;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  float* state = nullptr;  // [row][column] accumulators in units of 2^u, read and written
  bool first = false;      // the state is zeros, whatever stands there
};

struct GemmKernels {
  const char* instruction_set;  // Highway's name
  int vector_columns;           // a panel is one or two vectors of int32 wide
  bool integers_as_bytes;  // u4 and s4 streams take four byte codes a quad; otherwise two int16
  /// Tile rows to use when `rows` rows are left: one of a few sizes, may exceed `rows`.
  int (*tile_rows)(std::int64_t rows);
  /// A[row, 0..codes) of `valid_rows` rows, the last one repeated up to tile_rows, into a tile.
  /// `readable` codes may be read from `a` on.
  void (*pack_stream)(const NibbleCode* a, std::int64_t row_stride, std::int64_t codes,
                      std::int64_t readable, StreamFormat format, const ChunkLayout& layout,
                      int valid_rows, int tile_rows, std::uint8_t* tile);
  /// B[0..codes, 0..columns) into panels of two vectors, the last one perhaps one, one after the
  /// other, and their start values likewise.
  void (*pack_stationary)(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                          std::int64_t columns, const GemmArithmetic& arithmetic,
                          const ChunkLayout& layout, std::int32_t* panels, std::int32_t* starts);
  void (*multiply)(const TileProduct& product, int tile_rows, int vectors, bool bytes);
  /// Accumulators [rows][width] to C [rows][columns]: fp16 codes of state * 2^exponent, or
  /// binary32.
  void (*store_fp16)(const float* state, int rows, int width, int columns, int exponent,
                     std::int64_t row_stride, Fp16Code* c);
  void (*store_fp32)(const float* state, int rows, int width, int columns, int exponent,
                     std::int64_t row_stride, float* c);
};

/// The table for the best instruction set, or for the one a ForcedInstructionSet asks for.
[[nodiscard]] const GemmKernels& gemm_kernels();

}  // namespace nibble
