// An LSTM over whole sequences: the time steps in order, each with the recurrent GEMM that the
// caller computes and the cell of sequence_elementwise_lstm.h. Inference and the trainer share it.
// State is zero before the first step.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "models/layers/layer_pass.h"
#include "models/layers/sequence_elementwise_lstm.h"

namespace nibble {

/// h as its GEMM's operand, one of the two: s4 codes with the fixed alpha 1, since h lies in
/// (-1, 1), or fp16.
struct HiddenOperand {
  std::vector<NibbleCode> codes;
  std::vector<Fp16Code> values;
};
void make_hidden_operand(const Fp16Code* h, std::int64_t count, bool as_codes,
                         HiddenOperand& operand);
[[nodiscard]] GemmOperand hidden_operand(const HiddenOperand& hidden, bool as_codes);

/// Sets from_hidden [batch, 4, hidden] = h_before [batch, hidden] x Wh; never called for step 0.
using HiddenGemm =
    std::function<void(std::int64_t step, const Fp16Code* h_before, Fp16Code* from_hidden)>;

/// What the backward pass needs: gates [steps][batch, 4, hidden], c [steps][batch, hidden].
struct LstmStates {
  std::vector<Fp16Code> gates, c;
};

/// `shape.stride` is the number of steps. from_input [batch, steps, 4, hidden] is x Wx, h [batch,
/// steps, hidden] the output.
void lstm_sequence(const LstmShape& shape, const Fp16Code* from_input, const float* bias,
                   const HiddenGemm& multiply, LstmStates& states, Fp16Code* h);

/// Rows [batch, steps, width] of one step to [batch, width].
template <typename Value>
void gather_step(const Value* sequence, const LstmShape& shape, std::int64_t step,
                 std::int64_t width, Value* rows) {
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    rows = std::copy_n(sequence + (n * shape.stride + step) * width, width, rows);
  }
}

/// The way back: rows [batch, width] to one step of [batch, steps, width].
template <typename Value>
void scatter_step(const Value* rows, const LstmShape& shape, std::int64_t step, std::int64_t width,
                  Value* sequence) {
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    std::copy_n(rows + n * width, width, sequence + (n * shape.stride + step) * width);
  }
}

}  // namespace nibble
