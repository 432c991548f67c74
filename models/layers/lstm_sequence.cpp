#include "models/layers/lstm_sequence.h"

#include <algorithm>

#include "models/quantize/signed_pact.h"

namespace nibble {

void make_hidden_operand(const Fp16Code* h, std::int64_t count, bool as_codes,
                         HiddenOperand& operand) {
  const auto size = static_cast<std::size_t>(count);
  if (as_codes) {
    operand.codes.resize(size);
    signed_pact_quantize(h, size, signed_pact_reciprocal(1.0F), operand.codes.data());
  } else {
    operand.values.assign(h, h + count);
  }
}

GemmOperand hidden_operand(const HiddenOperand& hidden, bool as_codes) {
  if (!as_codes) return {nullptr, &hidden.values};
  return {&hidden.codes, nullptr, 1.0F / 7.0F, StationaryFormat::s4};
}

void lstm_sequence(const LstmShape& shape, const Fp16Code* from_input, const float* bias,
                   const HiddenGemm& multiply, LstmStates& states, Fp16Code* h) {
  const std::int64_t steps = shape.stride, units = shape.batch * shape.hidden;
  states.gates.resize(static_cast<std::size_t>(steps * 4 * units));
  states.c.resize(static_cast<std::size_t>(steps * units));
  std::vector<Fp16Code> from_hidden(static_cast<std::size_t>(4 * units));  // zeros for step 0
  std::vector<Fp16Code> h_before(static_cast<std::size_t>(units));
  const std::vector<Fp16Code> no_cell(static_cast<std::size_t>(units));
  for (std::int64_t step = 0; step < steps; ++step) {
    if (step > 0) {
      gather_step(h, shape, step - 1, shape.hidden, h_before.data());
      multiply(step, h_before.data(), from_hidden.data());
    }
    LstmForward cell;
    cell.from_input = from_input + step * 4 * shape.hidden;
    cell.from_hidden = from_hidden.data();
    cell.bias = bias;
    cell.c_before = step > 0 ? states.c.data() + (step - 1) * units : no_cell.data();
    cell.gates = states.gates.data() + step * 4 * units;
    cell.c = states.c.data() + step * units;
    cell.h = h + step * shape.hidden;
    lstm_cell(cell, shape);
  }
}

}  // namespace nibble
