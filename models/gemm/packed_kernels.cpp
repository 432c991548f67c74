#include "models/gemm/packed_kernels.h"

#include <string>

#include "models/gemm/amx_kernels.h"
#include "models/gemm/gemm_simd.h"

namespace nibble {
namespace {

bool without_amx = false;

void nothing() {}

/// Highway's best set is what a forced one replaces, so a test that forces any gets no AMX.
bool use_amx(int chunk_len) {
  return !without_amx && chunk_len % kAmxChunkStep == 0 && amx_available() &&
         simd_instruction_set() == "AVX3_DL";
}

}  // namespace

PackedKernels packed_kernels(int chunk_len) {
  if (use_amx(chunk_len)) {
    return {kAmxRows,      PackedElement::byte, PackedElement::bfloat16,
            amx_tile_rows, amx_begin,           amx_multiply,
            amx_end};
  }
  const GemmKernels& simd = gemm_kernels();
  return {simd.vector_columns,
          simd.integers_as_bytes ? PackedElement::byte : PackedElement::int16,
          PackedElement::int16,
          simd.tile_rows,
          nothing,
          simd.multiply,
          nothing};
}

bool amx_available() {
  static const bool available = amx_enabled();
  return available;
}

WithoutAmx::WithoutAmx() { without_amx = true; }
WithoutAmx::~WithoutAmx() { without_amx = false; }

}  // namespace nibble
