// The pointwise part of an LSTM cell, one time step of a batch, forward and backward, on fp16
// codes; work is in binary32 with own functions (sfu_functions.h), each stored value is rounded
// once, and the backward pass uses the stored values. Gates stand in the order i, f, g, o: [batch,
// 4, hidden].
//
// Arrays that hold a whole sequence may be [batch, steps, ...]: their rows are then `stride` =
// steps positions apart and their pointer is at the step's position. With stride 1 they hold one
// step alone. What passes from step to step is always [batch, ...]. Arrays may not overlap.
// NaN-infinity anywhere makes what depends on it NaN-infinity.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"

namespace nibble {

struct LstmShape {
  std::int64_t batch = 0, hidden = 0, stride = 1;
};

struct LstmForward {
  const Fp16Code* from_input =
      nullptr;  // rows of a sequence [.., 4, hidden]: W x, as its GEMM gave it
  const Fp16Code* from_hidden = nullptr;  // [batch, 4, hidden]: U h of the step before
  const float* bias = nullptr;            // [4, hidden]
  const Fp16Code* c_before = nullptr;     // [batch, hidden]
  Fp16Code* gates = nullptr;              // [batch, 4, hidden], kept for the backward pass
  Fp16Code* c = nullptr;                  // [batch, hidden], kept for the backward pass
  Fp16Code* h = nullptr;                  // rows of a sequence [.., hidden]
};

/// a = (from_input + from_hidden) + bias in binary32; i, f, o = fp16(sigmoid(a)),
/// g = fp16(tanh(a)); c = fp16(f * c_before + i * g); h = fp16(o * tanh(c)).
void lstm_cell(const LstmForward& arrays, const LstmShape& shape);

struct LstmBackward {
  const Fp16Code* gates = nullptr;  // as the forward pass stored them
  const Fp16Code* c_before = nullptr;
  const Fp16Code* c = nullptr;
  const Fp16Code* dh_above = nullptr;  // rows of a sequence [.., hidden]: from the layer above
  const Fp16Code* dh_next = nullptr;   // [batch, hidden]: from the step after, zeros for the last
  const Fp16Code* dc_next = nullptr;   // [batch, hidden], likewise
  Fp16Code* da = nullptr;              // rows of a sequence [.., 4, hidden]: of both GEMMs' results
  Fp16Code* dc_before = nullptr;       // [batch, hidden]
};

/// dh = fp16(dh_above + dh_next), then in binary32, t = tanh(c) not rounded:
///   dc = dc_next + dh * o * (1 - t * t)     dc_before = fp16(dc * f)
///   da_i = fp16(dc * g * (i * (1 - i)))     da_f = fp16(dc * c_before * (f * (1 - f)))
///   da_g = fp16(dc * i * (1 - g * g))       da_o = fp16(dh * t * (o * (1 - o)))
void lstm_cell_backward(const LstmBackward& arrays, const LstmShape& shape);

}  // namespace nibble
