#include "models/layers/sequence_elementwise_lstm.h"

#include <vector>

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"

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

struct CellGradients {
  const Fp16Code *dh_above, *dh_next, *dc_next, *o, *c;
};

/// dc in binary32, and da_o.
inline __attribute__((always_inline)) void cell_gradients_of_row(const CellGradients& row,
                                                                 std::int64_t count,
                                                                 float* __restrict dc,
                                                                 Fp16Code* __restrict da_o) {
  for (std::int64_t u = 0; u < count; ++u) {
    // da_o holds dh until the next loop needs its place.
    da_o[u] = fp16_from_float(fp16_value(row.dh_above[u]) + fp16_value(row.dh_next[u]));
  }
  for (std::int64_t u = 0; u < count; ++u) {
    const float dh = fp16_value(da_o[u]), o = fp16_value(row.o[u]);
    const float t = sfu_tanh(fp16_value(row.c[u]));
    dc[u] = fp16_value(row.dc_next[u]) + dh * o * (1.0F - t * t);
    da_o[u] = fp16_from_float(dh * t * (o * (1.0F - o)));
  }
}

/// fp16(dc * factor * slope(gate)).
template <typename Slope>
inline __attribute__((always_inline)) void gradients_of_row(const float* __restrict dc,
                                                            const Fp16Code* __restrict factor,
                                                            const Fp16Code* __restrict gate,
                                                            std::int64_t count, const Slope& slope,
                                                            Fp16Code* __restrict gradient) {
  for (std::int64_t u = 0; u < count; ++u) {
    gradient[u] = fp16_from_float(dc[u] * fp16_value(factor[u]) * slope(fp16_value(gate[u])));
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
  std::vector<float> scratch(static_cast<std::size_t>(units));
  float* dc = scratch.data();
  const auto sigmoid_slope = [](float gate) { return gate * (1.0F - gate); };
  const auto tanh_slope = [](float gate) { return 1.0F - gate * gate; };
  const auto one = [](float) { return 1.0F; };
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    const Fp16Code* i = arrays.gates + n * 4 * units;
    const Fp16Code *f = i + units, *g = f + units, *o = g + units;
    Fp16Code* da = arrays.da + n * shape.stride * 4 * units;
    cell_gradients_of_row({arrays.dh_above + n * shape.stride * units, arrays.dh_next + n * units,
                           arrays.dc_next + n * units, o, arrays.c + n * units},
                          units, dc, da + 3 * units);
    gradients_of_row(dc, g, i, units, sigmoid_slope, da);
    gradients_of_row(dc, arrays.c_before + n * units, f, units, sigmoid_slope, da + units);
    gradients_of_row(dc, i, g, units, tanh_slope, da + 2 * units);
    gradients_of_row(dc, f, f, units, one, arrays.dc_before + n * units);
  }
}

}  // namespace nibble
