// The micro-kernels of the 4-bit GEMM for callers that pack operands themselves, in the layouts of
// gemm_simd_kernels.h: a convolution packs straight from its images and needs no matrices.
//
// On a CPU with AMX one tile is 16 rows and a chunk of 64 is one or two matrix instructions; pairs
// are then bfloat16 numbers, which hold every code of fp4, u4 and s4, and whose products add up
// exactly in binary32 (below 2^24 units). Elsewhere it is the table of the best SIMD set. The bits
// are the same.
#pragma once

#include <cstdint>

#include "models/gemm/gemm_simd_kernels.h"

namespace nibble {

inline constexpr int kBytesPerQuad = 4;

/// How one value stands in a packed operand: four to a quad, or two. As fp16 codes they are
/// unpacked by fp16_gemm_simd_kernels.h.
enum class PackedElement : std::uint8_t { byte, int16, bfloat16, fp16 };

[[nodiscard]] constexpr int packed_bytes(PackedElement element) {
  return element == PackedElement::byte ? 1 : 2;
}

struct PackedKernels {
  int vector_columns;                   // a panel is one or two vectors wide
  PackedElement integer;                // of u4 and s4 streams, and of what multiplies them
  PackedElement pair;                   // of fp4 streams, and of what multiplies them
  int (*tile_rows)(std::int64_t rows);  // see GemmKernels
  void (*begin)();                      // before the first multiply() of a thread
  void (*multiply)(const TileProduct& product, int tile_rows, int vectors, bool bytes);
  void (*end)();  // after the last one
};

/// The kernels for chunks of `chunk_len`. All tails of chunks must be packed as zeros in B, up to
/// whole pieces, and be numbers in A.
[[nodiscard]] PackedKernels packed_kernels(int chunk_len);

[[nodiscard]] bool amx_available();

/// While it lives, no AMX: for tests and benchmarks. Not for threads that multiply at the same
/// time.
class WithoutAmx {
 public:
  WithoutAmx();
  ~WithoutAmx();
  WithoutAmx(const WithoutAmx&) = delete;
  WithoutAmx& operator=(const WithoutAmx&) = delete;
};

}  // namespace nibble
