// What the sequencer hands to the special function unit (SFU): a fused run of element-wise steps
// over a range of elements. Its cost is a closed form of the steps, the elements and the bytes it
// moves through its scratchpad port: sfu_cycles in sim/chip/sfu_timing.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/base/units.h"

namespace nibble {

/// One element-wise step of a training step (NUMERICS section 4). The cycles each takes for one
/// vector of SFU lanes are data: `sfu.cycles` in configs/chips/.
enum class SfuStep : std::uint8_t {
  scale,                // accumulator result times a real-valued scale, rounded to fp16
  bn_statistics,        // sums of x and x^2 a channel
  bn_normalise,         // x * scale + shift
  residual_add,         // sum of two tensors, forward or backward
  relu,                 // max(0, x)
  pact_clip,            // clip to [0, alpha], and the 2-bit mask the backward pass needs
  pact_quantise,        // to u4 codes
  pool,                 // one element of a pooling window, either way
  softmax_loss,         // cross-entropy and its gradient
  activation_backward,  // gradient behind the mask, and the sum for alpha
  bn_reduce,            // sums of dz and dz * x_hat a channel
  bn_backward,          // dy from dz, x_hat and the sums
  fp4_quantise,         // one phase of two, with GradScale's maximum
  sawb_statistics,      // sums of w^2 and |w|
  sawb_quantise,        // to s4 codes
  cast,                 // binary32 to fp16
  zero_fill,            // write zeros
  sgd_update,           // momentum, weight decay, master weight
  s4_quantise,          // clip to [-alpha, alpha], to s4 codes
  fp8_quantise,         // to HFP8, either format, with the loss scale's maximum
  function,             // one smooth function (gelu, sigmoid, tanh, exp), or its derivative
  multiply,             // product of two tensors
  norm_statistics,      // layer norm: sums of x and x^2 a position
  norm_normalise,       // layer norm: x * scale + shift
  norm_backward,        // layer norm: both sums and dx
  softmax,              // exp, sum, divide a position
  softmax_backward,     // dx = p * (dp - sum(p * dp))
  lstm_cell,            // four gates, cell and hidden state, a hidden unit
  lstm_cell_backward,   // the four gate gradients, a hidden unit
  embed,                // a row of a table, fetched or added
};

inline constexpr std::array<std::string_view, 30> kSfuStepNames = {"scale",
                                                                   "bn_statistics",
                                                                   "bn_normalise",
                                                                   "residual_add",
                                                                   "relu",
                                                                   "pact_clip",
                                                                   "pact_quantise",
                                                                   "pool",
                                                                   "softmax_loss",
                                                                   "activation_backward",
                                                                   "bn_reduce",
                                                                   "bn_backward",
                                                                   "fp4_quantise",
                                                                   "sawb_statistics",
                                                                   "sawb_quantise",
                                                                   "cast",
                                                                   "zero_fill",
                                                                   "sgd_update",
                                                                   "s4_quantise",
                                                                   "fp8_quantise",
                                                                   "function",
                                                                   "multiply",
                                                                   "norm_statistics",
                                                                   "norm_normalise",
                                                                   "norm_backward",
                                                                   "softmax",
                                                                   "softmax_backward",
                                                                   "lstm_cell",
                                                                   "lstm_cell_backward",
                                                                   "embed"};

struct SfuCommand {
  std::vector<SfuStep> steps;  // each runs once over every element
  std::int64_t elements = 0;
  Bytes port_bytes = 0;  // read from and written to the scratchpad
};

}  // namespace nibble
