#include "models/layers/gemm_call.h"

#include <stdexcept>
#include <vector>

#include "models/gemm/block_scaled_gemm.h"
#include "models/quantize/block_quantize.h"
#include "models/quantize/hadamard.h"

namespace nibble {
namespace {

/// One implementation of every GEMM.
struct GemmFunctions {
  decltype(&gemm) nibble;
  decltype(&gemm_fp32) nibble_fp32;
  decltype(&fp16_gemm) fp16;
  decltype(&fp8_gemm) fp8;
  decltype(&block_scaled_gemm) block;
};

constexpr GemmFunctions kFast{gemm, gemm_fp32, fp16_gemm, fp8_gemm, block_scaled_gemm};
constexpr GemmFunctions kSlow{gemm_reference, gemm_reference_fp32, fp16_gemm_reference,
                              fp8_gemm_reference, block_scaled_gemm_reference};

std::vector<float> results(const GemmShape& shape) {
  return std::vector<float>(static_cast<std::size_t>(shape.m * shape.n));
}

void nibble_gemm(const GemmFunctions& functions, const GemmCall& call, const NibbleCode* a,
                 const NibbleCode* b, Fp16Code* c) {
  if (call.arithmetic.accumulator != AccumulatorType::fp32) {
    return functions.nibble(call.shape, call.arithmetic, a, b, c);
  }
  std::vector<float> sums = results(call.shape);
  functions.nibble_fp32(call.shape, call.arithmetic, a, b, sums.data());
  fp16_from_floats(sums.data(), sums.size(), c);
}

/// One operand, rotated first where the call says so.
BlockScaled block_operand(const GemmCall& call, BlockAxis axis, std::int64_t rows,
                          std::int64_t columns, const Fp16Code* x, const RandomStream* rounding) {
  const BlockQuantisation& how = call.block;
  BlockScaled operand;
  if (!how.hadamard) {
    block_quantize(how.format, axis, rows, columns, x, rounding, operand);
    return operand;
  }
  std::vector<float> rotated;
  hadamard_transform(axis, rows, columns, x, *how.hadamard, rotated);
  (axis == BlockAxis::k_last ? columns : rows) = hadamard_padded(call.shape.k);
  block_quantize(how.format, axis, rows, columns, rotated.data(), rounding, operand);
  return operand;
}

void block_gemm(const GemmFunctions& functions, const GemmCall& call, const Fp16Code* a,
                const Fp16Code* b, Fp16Code* c) {
  const auto& [m, n, k] = call.shape;
  std::optional<RandomStream> rounding = call.block.rounding;
  if (rounding) rounding->use += kRandomUses * call.part;
  const BlockScaled left =
      block_operand(call, BlockAxis::k_last, m, k, a, rounding ? &*rounding : nullptr);
  const BlockScaled right = block_operand(call, BlockAxis::k_first, k, n, b, nullptr);
  std::vector<float> sums = results(call.shape);
  functions.block(left, right, sums.data());
  fp16_from_floats(sums.data(), sums.size(), c);
}

void multiply(const GemmFunctions& functions, const GemmCall& call, const void* a, const void* b,
              Fp16Code* c) {
  const auto* a_bytes = static_cast<const std::uint8_t*>(a);
  const auto* b_bytes = static_cast<const std::uint8_t*>(b);
  const auto* a_values = static_cast<const Fp16Code*>(a);
  const auto* b_values = static_cast<const Fp16Code*>(b);
  const GemmArithmetic& how = call.arithmetic;
  switch (call.operands) {
    case GemmOperands::nibble:
      return nibble_gemm(functions, call, a_bytes, b_bytes, c);
    case GemmOperands::fp16:
      return functions.fp16(call.shape, how.accumulator, how.chunk_len, a_values, b_values, c);
    case GemmOperands::fp8:
      return functions.fp8(call.shape, how.accumulator, how.chunk_len, call.fp8_a, a_bytes,
                           call.fp8_b, b_bytes, c);
    case GemmOperands::block:
      return block_gemm(functions, call, a_values, b_values, c);
  }
}

}  // namespace

GemmOperands gemm_operands(LayerPrecision precision, GemmPass pass, bool blocks) {
  using Operands = GemmOperands;
  const Operands four_bits = blocks ? Operands::block : Operands::nibble;
  const auto choose = [&](Operands forward, Operands dgrad, Operands wgrad) {
    return pass == GemmPass::forward ? forward : pass == GemmPass::dgrad ? dgrad : wgrad;
  };
  switch (precision) {
    case LayerPrecision::int4_fp4:
      return four_bits;
    case LayerPrecision::fp16:
      return Operands::fp16;
    case LayerPrecision::fp8:
      return Operands::fp8;
    case LayerPrecision::int4_fp8:
      return choose(four_bits, Operands::fp8, Operands::fp8);
    case LayerPrecision::int4_fp16:
      return choose(four_bits, Operands::fp16, Operands::fp16);
    case LayerPrecision::int4_fp4_dw_fp8:
      return choose(four_bits, four_bits, Operands::fp8);
    case LayerPrecision::int4_fp8_dw_fp4:
      return choose(four_bits, Operands::fp8, four_bits);
  }
  throw std::logic_error("unknown precision");
}

void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  multiply(kFast, call, a, b, c);
}

void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  multiply(kSlow, call, a, b, c);
}

}  // namespace nibble
