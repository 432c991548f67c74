#include "models/layers/packed_pass.h"

#include <algorithm>
#include <limits>

#include "models/layers/packed_fp16_operand.h"

namespace nibble {
namespace {

// Rows are found by 32-bit byte offsets.
constexpr std::int64_t kMostImageElements = std::numeric_limits<std::int32_t>::max() / 8;
// The limit of gemm_simd.cpp: beyond it an accumulator could overflow.
constexpr std::int64_t kAnyChunkLenMaxK = std::int64_t{1} << 21;
constexpr int kAnyKMaxChunkLen = 64;

/// A convolution of single pixels as one row of an image: the pixels of a batch are neighbours.
ConvShape joined(const ConvShape& conv) {
  const bool points = conv.r == 1 && conv.s == 1 && conv.padding == 0;
  if (!points || (conv.stride != 1 && conv.h * conv.w != 1)) return conv;
  ConvShape row = conv;
  row.w = conv.n * conv.h * conv.w;
  row.n = row.h = row.stride = 1;
  return row;
}

/// Images whose rows 32-bit offsets reach, as many as a group of chunks keeps at once.
bool fits(const ConvShape& conv, const GemmArithmetic& arithmetic) {
  const std::int64_t group = std::int64_t{kChunksPerGroup} * arithmetic.chunk_len;
  const std::int64_t kept = std::min(conv.n, group / (conv.p() * conv.q()) + 2);
  const std::int64_t padded_h = conv.h + 2 * conv.padding + conv.r;
  const std::int64_t padded_w = conv.w + 2 * conv.padding + conv.s;
  return padded_h * padded_w * std::max(conv.c, conv.k) * kept <= kMostImageElements;
}

bool has_packed_groups(const ConvShape& conv) { return conv.groups == 1 || is_depthwise(conv); }

}  // namespace

bool packed_pass_takes(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic) {
  if (!has_packed_groups(conv) || arithmetic.accumulator == AccumulatorType::fp32) return false;
  if (pass == GemmPass::wgrad && is_integer(arithmetic.stream)) return false;
  if (!fits(conv, arithmetic)) return false;
  return arithmetic.chunk_len <= kAnyKMaxChunkLen ||
         std::max(conv.n * conv.p() * conv.q(), conv.r * conv.s * std::max(conv.c, conv.k)) <=
             kAnyChunkLenMaxK;
}

bool packed_fp16_pass_takes(const ConvShape& conv, const GemmArithmetic& arithmetic) {
  return has_packed_groups(conv) && arithmetic.accumulator != AccumulatorType::fp32 &&
         fits(conv, arithmetic);
}

void packed_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                 const NibbleCode* streamed, const NibbleCode* stationary, float scale,
                 Fp16Code* result) {
  if (is_depthwise(conv)) {
    const CodeElements a(arithmetic.stream, PackedElement::fp16);
    const CodeElements b(arithmetic.stationary, PackedElement::fp16);
    return run_fp16_pass(conv, pass, arithmetic, {streamed, a}, {stationary, b}, scale, result);
  }
  const ConvShape shape = pass == GemmPass::wgrad ? joined(conv) : conv;
  if (pass == GemmPass::wgrad) {
    packed_columns(shape, arithmetic, streamed, stationary, scale, result);
  } else {
    packed_rows(shape, pass, arithmetic, streamed, stationary, scale, result);
  }
}

void packed_fp16_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                      const Fp16Code* streamed, const Fp16Code* stationary, float scale,
                      Fp16Code* result) {
  run_fp16_pass(conv, pass, arithmetic, Fp16Operand(streamed), Fp16Operand(stationary), scale,
                result);
}

}  // namespace nibble
