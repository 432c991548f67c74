// The parts of the SIMD block-scaled GEMM that exist once for every instruction set, as a table of
// functions; block_scaled_gemm.cpp cuts a GEMM into tiles and calls them. A block is a chunk of
// gemm_simd_kernels.h: quads are two int16 units, A is packed by its pack_stream as e2m1.
//   B panel    [block][quad][column]
//   A scales   [block][row]      binary32
//   B scales   [block][column]
#pragma once

#include <cstdint>

#include "models/formats/int4.h"

namespace nibble {

/// One tile times one panel over `blocks` blocks.
struct BlockTileProduct {
  const std::uint8_t* a = nullptr;
  const std::int32_t* b = nullptr;
  const float* a_scales = nullptr;
  const float* b_scales = nullptr;
  std::int64_t blocks = 0;
  int quads = 0;           // of a block
  float* state = nullptr;  // [row][column] accumulators, read and written
};

struct BlockGemmKernels {
  int vector_columns;
  /// B[0..codes, 0..columns) into a panel of `vectors` vectors and `quads` quads; what B lacks is
  /// zero.
  void (*pack_panel)(const NibbleCode* b, std::int64_t row_stride, std::int64_t codes,
                     std::int64_t columns, std::int64_t quads, int vectors, std::int32_t* panel);
  void (*multiply)(const BlockTileProduct& product, int tile_rows, int vectors);
};

/// The table for the best instruction set, or for the one a ForcedInstructionSet asks for.
[[nodiscard]] const BlockGemmKernels& block_gemm_kernels();

}  // namespace nibble
