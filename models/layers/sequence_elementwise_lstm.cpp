#include "models/layers/sequence_elementwise_lstm.h"

#include <vector>

#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"
#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

template <typename Function>
inline __attribute__((always_inline)) void gates_of_row(const Fp16Code* __restrict from_input,
                                                        const Fp16Code* __restrict from_hidden,
                                                        const float* __restrict bias,
                                                        std::int64_t count,
                                                        const Function& function,
                                                        Fp16Code* __restrict gates) {
  for (std::int64_t k = 0; k < count; ++k) {
    gates[k] =
        fp16_from_float(function(fp16_value(from_input[k]) + fp16_value(from_hidden[k]) + bias[k]));
  }
}

}  // namespace

NIBBLE_VECTOR_CLONES
void lstm_cell(const LstmForward& arrays, const LstmShape& shape) {
  const std::int64_t units = shape.hidden;
  const float* bias = arrays.bias;
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    const Fp16Code* __restrict from_input = arrays.from_input + n * shape.stride * 4 * units;
    const Fp16Code* __restrict from_hidden = arrays.from_hidden + n * 4 * units;
    const Fp16Code* __restrict c_before = arrays.c_before + n * units;
    Fp16Code* __restrict gates = arrays.gates + n * 4 * units;
    Fp16Code* __restrict c = arrays.c + n * units;
    Fp16Code* __restrict h = arrays.h + n * shape.stride * units;
    // Loops of one function each: the compiler vectorises these, not one that does it all.
    const std::int64_t cell = 2 * units, output = 3 * units;  // where g and o begin
    const auto sigmoid = [](float a) { return sfu_sigmoid(a); };
    const auto tanh = [](float a) { return sfu_tanh(a); };
    gates_of_row(from_input, from_hidden, bias, cell, sigmoid, gates);
    gates_of_row(from_input + cell, from_hidden + cell, bias + cell, units, tanh, gates + cell);
    gates_of_row(from_input + output, from_hidden + output, bias + output, units, sigmoid,
                 gates + output);
    for (std::int64_t u = 0; u < units; ++u) {
      const float i = fp16_value(gates[u]), f = fp16_value(gates[units + u]);
      const float g = fp16_value(gates[cell + u]);
      c[u] = fp16_from_float(f * fp16_value(c_before[u]) + i * g);
    }
    for (std::int64_t u = 0; u < units; ++u) {
      h[u] = fp16_from_float(fp16_value(gates[output + u]) * sfu_tanh(fp16_value(c[u])));
    }
  }
}

NIBBLE_VECTOR_CLONES
void lstm_cell_backward(const LstmBackward& arrays, const LstmShape& shape) {
  const std::int64_t units = shape.hidden;
  std::vector<Fp16Code> sum(static_cast<std::size_t>(units));
  Fp16Code* __restrict dh_codes = sum.data();
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    const Fp16Code* __restrict gates = arrays.gates + n * 4 * units;
    const Fp16Code* __restrict c_before = arrays.c_before + n * units;
    const Fp16Code* __restrict c = arrays.c + n * units;
    const Fp16Code* __restrict dh_above = arrays.dh_above + n * shape.stride * units;
    const Fp16Code* __restrict dh_next = arrays.dh_next + n * units;
    const Fp16Code* __restrict dc_next = arrays.dc_next + n * units;
    Fp16Code* __restrict da_i = arrays.da + n * shape.stride * 4 * units;
    Fp16Code* __restrict da_f = da_i + units;
    Fp16Code* __restrict da_g = da_f + units;
    Fp16Code* __restrict da_o = da_g + units;
    Fp16Code* __restrict dc_before = arrays.dc_before + n * units;
    for (std::int64_t u = 0; u < units; ++u) {
      dh_codes[u] = fp16_from_float(fp16_value(dh_above[u]) + fp16_value(dh_next[u]));
    }
    for (std::int64_t u = 0; u < units; ++u) {
      const float i = fp16_value(gates[u]);
      const float f = fp16_value(gates[units + u]);
      const float g = fp16_value(gates[2 * units + u]);
      const float o = fp16_value(gates[3 * units + u]);
      const float t = sfu_tanh(fp16_value(c[u]));
      const float dh = fp16_value(dh_codes[u]);
      const float dc = fp16_value(dc_next[u]) + dh * o * (1.0F - t * t);
      da_i[u] = fp16_from_float(dc * g * (i * (1.0F - i)));
      da_f[u] = fp16_from_float(dc * fp16_value(c_before[u]) * (f * (1.0F - f)));
      da_g[u] = fp16_from_float(dc * i * (1.0F - g * g));
      da_o[u] = fp16_from_float(dh * t * (o * (1.0F - o)));
      dc_before[u] = fp16_from_float(dc * f);
    }
  }
}

}  // namespace nibble
