// One pass of a layer that multiplies, from the operands as they are stored to the stored result:
// result = fp16(accumulator * scale). Training and inference both come through here, so that a
// trained network infers what it was trained to do; run_pass.h and packed_pass.h do the work.
#pragma once

#include <vector>

#include "models/layers/conv_lowering.h"
#include "models/layers/gemm_call.h"
#include "models/layers/network_weights.h"

namespace nibble {

/// An operand that is no gradient: codes of 4-bit integers, one a byte, if the layer's forward GEMM
/// multiplies those, otherwise fp16 codes. The other pointer is null; the vector outlives the call.
struct GemmOperand {
  const std::vector<NibbleCode>* codes = nullptr;
  const std::vector<Fp16Code>* values = nullptr;
  float step = 1.0F;                                // value of one unit of a code
  StationaryFormat integer = StationaryFormat::u4;  // of codes: u4 or s4
};

[[nodiscard]] GemmOperand weight_operand(const WeightMatrix& weights, bool as_codes);

/// Both operands as a GEMM gets them: bytes for nibble and fp8, fp16 otherwise.
struct PassOperands {
  const std::vector<std::uint8_t>* streamed_codes = nullptr;
  const std::vector<std::uint8_t>* stationary_codes = nullptr;
  const std::vector<Fp16Code>* streamed_values = nullptr;
  const std::vector<Fp16Code>* stationary_values = nullptr;
  float scale = 1.0F;  // value of one unit of the accumulator
};

/// Memory for operands that are rounded to FP8 for one GEMM.
struct Fp8Operands {
  std::vector<std::uint8_t> streamed, stationary;
};

/// Rounds to the forward format, e4m3b11.
void fp16_to_fp8(const std::vector<Fp16Code>& values, std::vector<std::uint8_t>& codes);

/// The operands of y = x * w; sets the formats of `call`, whose `operands` says what is multiplied.
/// The result points to x, w and `memory`.
[[nodiscard]] PassOperands forward_operands(const GemmOperand& x, const GemmOperand& w,
                                            GemmCall& call, Fp8Operands& memory);

/// Sets `result`, in the layout of the pass's result tensor (conv_lowering.h). An empty `gemm`
/// means the fastest way that this folder has; all give the same bits.
void layer_pass(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                const PassOperands& operands, const GemmFunction& gemm, Fp16Code* result);

}  // namespace nibble
