// The GEMM every part of the project agrees on, NUMERICS section 2: C[M,N] = A[M,K] * B[K,N].
// A streams (u4, s4 or gradients), B is stationary and an integer (s4 or u4). Products are exact, a
// chunk of chunk_len consecutive k is an exact integer sum, rounded once to fp16, and chunk results
// are added in increasing k in the accumulator.
//
// Two implementations: gemm_reference reads like the specification; gemm (gemm_simd.cpp) is fast
// and equal bit for bit.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/formats/gradient_grid.h"
#include "models/formats/int4.h"
#include "models/formats/names.h"

namespace nibble {

/// The integers, then all of GradientGrid in its order; the chip streams the first four.
enum class StreamFormat : std::uint8_t {
  u4,
  s4,
  fp4_even,
  fp4_odd,
  radix4_3bit_even,
  radix4_3bit_odd,
  radix4_2bit_even,
  radix4_2bit_odd,
  radix2,
  e2m1
};
inline constexpr int kIntegerStreams = 2;
inline constexpr int kStreamFormats = kIntegerStreams + kGradientGrids;

[[nodiscard]] constexpr bool is_integer(StreamFormat format) {
  return static_cast<int>(format) < kIntegerStreams;
}
[[nodiscard]] constexpr StreamFormat stream_format(GradientGrid grid) {
  return static_cast<StreamFormat>(static_cast<int>(grid) + kIntegerStreams);
}
/// Precondition: not an integer format.
[[nodiscard]] constexpr GradientGrid gradient_grid(StreamFormat format) {
  return static_cast<GradientGrid>(static_cast<int>(format) - kIntegerStreams);
}
static_assert(stream_format(GradientGrid::radix4_even) == StreamFormat::fp4_even &&
              stream_format(GradientGrid::e2m1) == StreamFormat::e2m1);

enum class StationaryFormat : std::uint8_t { s4, u4 };

/// fp16x2: chunks are added in fp16 inside a group of 64 consecutive chunks, group results are
/// added in order into a second fp16 accumulator. fp16: one level. fp32: IEEE binary32.
enum class AccumulatorType : std::uint8_t { fp16x2, fp16, fp32 };
inline constexpr Named<AccumulatorType> kAccumulatorNames[] = {{"fp16x2", AccumulatorType::fp16x2},
                                                               {"fp16", AccumulatorType::fp16},
                                                               {"fp32", AccumulatorType::fp32}};

inline constexpr int kDefaultChunkLen = 64;
/// Of layers kept in fp16: the lanes of a chip's small FP16 tile, whose layers have short
/// reductions.
inline constexpr int kDefaultFp16ChunkLen = 16;
inline constexpr int kMaxChunkLen = 256;  // |S| <= 256 * 15 * 4096 < 2^24, exact in binary32
inline constexpr int kChunksPerGroup = 64;

struct GemmShape {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  [[nodiscard]] constexpr std::int64_t macs() const { return m * n * k; }
};

struct GemmArithmetic {
  StreamFormat stream = StreamFormat::u4;
  StationaryFormat stationary = StationaryFormat::s4;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  int chunk_len = kDefaultChunkLen;
};

/// Binary exponent u of the chunk result P = fp16(S * 2^u): 0 for integers, a grid's unit
/// otherwise.
[[nodiscard]] int chunk_exponent(StreamFormat stream);

/// What every GEMM below asks for first: m, n, k >= 1 and 1 <= chunk_len <= kMaxChunkLen, otherwise
/// std::invalid_argument.
void check_gemm(const GemmShape& shape, int chunk_len);

/// A: [M,K] and B: [K,N] codes, one a byte, row-major. C: [M,N] fp16 codes, row-major.
/// Requires accumulator fp16 or fp16x2 (else std::invalid_argument).
void gemm_reference(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
                    const NibbleCode* b, Fp16Code* c);
/// The same with accumulator fp32, whatever arithmetic.accumulator says; C: [M,N] binary32.
void gemm_reference_fp32(const GemmShape& shape, const GemmArithmetic& arithmetic,
                         const NibbleCode* a, const NibbleCode* b, float* c);

/// SIMD, same contract, same bits, one thread. Picks the best instruction set at run time.
void gemm(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
          const NibbleCode* b, Fp16Code* c);
void gemm_fp32(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
               const NibbleCode* b, float* c);

/// The FP16 baseline: inside a chunk acc = fp16(acc + a*b), fused, from +0; chunk results are added
/// as above (accumulator fp16 or fp16x2). A [M,K], B [K,N], C [M,N] fp16 codes.
void fp16_gemm_reference(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                         const Fp16Code* a, const Fp16Code* b, Fp16Code* c);
void fp16_gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
               const Fp16Code* a, const Fp16Code* b, Fp16Code* c);

/// An operand of the FP8 GEMM: HFP8's formats, and the 4-bit integers, which e4m3b11 holds exactly.
enum class Fp8Operand : std::uint8_t { e4m3b11, e5m2, u4, s4 };

/// The exact value of an operand's code as an fp16 code; -0 becomes +0.
[[nodiscard]] Fp16Code fp8_operand_value(Fp8Operand format, std::uint8_t code);

/// The same arithmetic as the FP16 baseline with exact fp8 products. A [M,K] and B [K,N] one code a
/// byte; C [M,N] fp16 codes.
void fp8_gemm_reference(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                        Fp8Operand a_format, const std::uint8_t* a, Fp8Operand b_format,
                        const std::uint8_t* b, Fp16Code* c);
void fp8_gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
              Fp8Operand a_format, const std::uint8_t* a, Fp8Operand b_format,
              const std::uint8_t* b, Fp16Code* c);

}  // namespace nibble
