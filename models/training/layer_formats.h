// In which format each operand of a layer's three GEMMs is: the one place that a new row of
// LayerPrecision touches in the trainer.
#pragma once

#include "models/layers/network.h"

namespace nibble {

enum class OperandFormat : std::uint8_t { fp16, u4, s4, fp4_even, fp4_odd };

struct LayerFormats {
  OperandFormat x = OperandFormat::fp16;         // of forward and wgrad
  OperandFormat weights = OperandFormat::fp16;   // of forward and dgrad
  OperandFormat dy_dgrad = OperandFormat::fp16;  // the gradient that dgrad multiplies
  OperandFormat dy_wgrad = OperandFormat::fp16;  // and wgrad
};

/// Precisions with other GEMMs are refused by check_values().
[[nodiscard]] constexpr LayerFormats layer_formats(LayerPrecision precision) {
  if (precision == LayerPrecision::int4_fp4) {
    return {OperandFormat::u4, OperandFormat::s4, OperandFormat::fp4_even, OperandFormat::fp4_odd};
  }
  return {};
}

/// One code a byte, and a GEMM of exact products; otherwise fp16 codes.
[[nodiscard]] constexpr bool is_nibble(OperandFormat format) {
  return format != OperandFormat::fp16;
}

}  // namespace nibble
