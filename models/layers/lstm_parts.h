// What an LSTM's GEMMs of one pass are called, in traces and in the chip's programs.
#pragma once

#include <cstdint>
#include <string>

#include "models/layers/conv_lowering.h"

namespace nibble {

/// x Wx, dX and dWx of all time steps are `input`, dWh of all is `hidden`, h Wh and dh of step T
/// are `hidden.T`.
inline constexpr const char* kLstmInputPart = "input";
inline constexpr const char* kLstmHiddenPart = "hidden";
/// In front of these in a bidirectional layer.
inline constexpr const char *kLstmAhead = "ahead.", *kLstmBack = "back.";
[[nodiscard]] inline std::string lstm_step_part(std::int64_t step) {
  return kLstmHiddenPart + ("." + std::to_string(step));
}

/// Whether `part` is some lstm_step_part().
[[nodiscard]] bool is_lstm_step(const std::string& part);
/// Whether an LSTM has such a GEMM in that pass.
[[nodiscard]] bool is_lstm_part(const std::string& part, GemmPass pass);

}  // namespace nibble
