// The chunk sums come from the tile registers, as int32 or as binary32 numbers that are integers
// below 2^24; rounding and accumulating are those of gemm_simd_multiply-inl.h, 16 columns at a
// time.
#include "models/gemm/amx_kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <algorithm>

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hwy/highway.h"

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-int8,amx-bf16")
namespace nibble {
namespace {

constexpr int kLanes = 16;
constexpr int kTileElements = kAmxRows * kLanes;

struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// DLFloat16's ten significant bits, ties away, of numbers far from its limits.
inline __m512 rounded(__m512 x) {
  const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x2000));
  return _mm512_castsi512_ps(
      _mm512_and_si512(bits, _mm512_set1_epi32(static_cast<int>(0xFFFFC000U))));
}

template <bool Bytes>
inline __m512 chunk_sum(const std::int32_t* sum) {
  if constexpr (!Bytes) return _mm512_load_ps(sum);
  // g++ 12 warns about the intrinsic's own header.
  using Integers = std::int32_t __attribute__((vector_size(64)));
  using Numbers = float __attribute__((vector_size(64)));
  return reinterpret_cast<__m512>(
      __builtin_convertvector(reinterpret_cast<Integers>(_mm512_load_si512(sum)), Numbers));
}

/// Tile registers: 0 and 1 sums, 4 rows of A, 5 and 6 columns of B.
template <bool Bytes, int Vectors>
inline void sum_chunk(const std::uint8_t*& a, const std::int32_t*& b, const std::int32_t* start,
                      int pieces, std::int32_t* sums) {
  constexpr int kBStride = Vectors * kLanes * 4;
  if constexpr (Bytes) {
    _tile_loadd(0, start, 0);  // the same start in every row
    if constexpr (Vectors == 2) _tile_loadd(1, start + kLanes, 0);
  } else {
    _tile_zero(0);
    if constexpr (Vectors == 2) _tile_zero(1);
  }
  for (int piece = 0; piece < pieces; ++piece) {
    _tile_loadd(4, a, kPieceBytes);
    _tile_loadd(5, b, kBStride);
    if constexpr (Vectors == 2) _tile_loadd(6, b + kLanes, kBStride);
    if constexpr (Bytes) {
      _tile_dpbusd(0, 4, 5);
      if constexpr (Vectors == 2) _tile_dpbusd(1, 4, 6);
    } else {
      _tile_dpbf16ps(0, 4, 5);
      if constexpr (Vectors == 2) _tile_dpbf16ps(1, 4, 6);
    }
    a += kAmxRows * kPieceBytes;
    b += kQuadsPerPiece * Vectors * kLanes;
  }
  _tile_stored(0, sums, kBStride);
  if constexpr (Vectors == 2) _tile_stored(1, sums + kLanes, kBStride);
}

template <bool Bytes, int Vectors>
void multiply_tile(const TileProduct& product) {
  constexpr int kCount = Vectors * kTileElements;
  alignas(64) std::int32_t chunk_sums[2][kCount];
  alignas(64) float group_sums[kCount];
  // A group's sum begins at zero and is added to the state in the end, unless that is zero.
  const bool adds_group = product.accumulator == AccumulatorType::fp16x2 && !product.first;
  float* const sums = adds_group ? group_sums : product.state;
  const std::uint8_t* a = product.a;
  const std::int32_t* b = product.b;
  const auto multiply_chunk = [&](int chunk) __attribute__((always_inline)) {
    const int quads =
        chunk + 1 == product.chunks ? product.quads_in_last_chunk : product.layout.quads;
    sum_chunk<Bytes, Vectors>(a, b, product.start + chunk * Vectors * kLanes,
                              (quads + kQuadsPerPiece - 1) / kQuadsPerPiece, chunk_sums[chunk % 2]);
  };
  multiply_chunk(0);
  for (int chunk = 0; chunk < product.chunks; ++chunk) {
    // The matrix unit gets the next chunk before this one is rounded, so that neither waits.
    if (chunk + 1 < product.chunks) multiply_chunk(chunk + 1);
    const std::int32_t* chunk_sum_of = chunk_sums[chunk % 2];
    if (chunk == 0 && (adds_group || product.first)) {  // 0 + P is P
      for (int i = 0; i < kCount; i += kLanes) {
        _mm512_store_ps(sums + i, rounded(chunk_sum<Bytes>(chunk_sum_of + i)));
      }
      continue;
    }
    for (int i = 0; i < kCount; i += kLanes) {
      const __m512 addend = rounded(chunk_sum<Bytes>(chunk_sum_of + i));
      _mm512_store_ps(sums + i, rounded(_mm512_add_ps(_mm512_load_ps(sums + i), addend)));
    }
  }
  if (!adds_group) return;
  for (int i = 0; i < kCount; i += kLanes) {
    const __m512 state = _mm512_load_ps(product.state + i);
    _mm512_store_ps(product.state + i, rounded(_mm512_add_ps(state, _mm512_load_ps(sums + i))));
  }
}

}  // namespace

void amx_begin() {
  TileConfiguration configuration;
  std::fill_n(configuration.row_bytes, 8, static_cast<std::uint16_t>(kPieceBytes));
  std::fill_n(configuration.rows, 8, static_cast<std::uint8_t>(kAmxRows));
  // g++ 12's intrinsic names eight bytes of it as its operand: have all of them written.
  __asm__ volatile("" : : "r"(&configuration) : "memory");
  _tile_loadconfig(&configuration);
}

void amx_multiply(const TileProduct& product, int /*tile_rows*/, int vectors, bool bytes) {
  if (bytes) {
    vectors == 2 ? multiply_tile<true, 2>(product) : multiply_tile<true, 1>(product);
  } else {
    vectors == 2 ? multiply_tile<false, 2>(product) : multiply_tile<false, 1>(product);
  }
}

void amx_end() { _tile_release(); }

}  // namespace nibble
HWY_POP_ATTRIBUTES

namespace nibble {

bool amx_enabled() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // Linux: ARCH_REQ_XCOMP_PERM
  // CPUID leaf 7: EDX bits 22 AMX-BF16, 24 AMX-TILE, 25 AMX-INT8.
  constexpr unsigned kNeeded = 1U << 22 | 1U << 24 | 1U << 25;
  unsigned a = 7, b = 0, c = 0, d = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (d & kNeeded) == kNeeded && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace nibble

#else  // no AMX: never chosen

namespace nibble {

bool amx_enabled() { return false; }
void amx_begin() {}
void amx_multiply(const TileProduct& /*product*/, int /*tile_rows*/, int /*vectors*/,
                  bool /*bytes*/) {}
void amx_end() {}

}  // namespace nibble
#endif

namespace nibble {

int amx_tile_rows(std::int64_t /*rows*/) { return kAmxRows; }

}  // namespace nibble
