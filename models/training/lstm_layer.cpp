#include "models/training/lstm_layer.h"

#include <algorithm>
#include <utility>

#include "models/layers/lstm_parts.h"
#include "models/layers/sequence_elementwise.h"

namespace nibble {
namespace {

constexpr std::int64_t kGates = 4;

/// The trace tells an LSTM's GEMMs apart by their part.
class PartOfLayer : public OperationSink {
 public:
  PartOfLayer(const TrainingPass& pass, std::string part)
      : pass_(pass), sink_(pass.sink), part_(std::move(part)) {
    if (sink_ != nullptr) pass_.sink = this;
  }
  void record(const ObservedOperation& operation) override {
    ObservedOperation named = operation;
    named.part = part_;
    sink_->record(named);
  }
  void observe(const ObservedGradient& gradient) override {
    ObservedGradient named = gradient;
    named.part = part_;
    sink_->observe(named);
  }
  [[nodiscard]] const TrainingPass& pass() const { return pass_; }

 private:
  TrainingPass pass_;
  OperationSink* sink_;
  std::string part_;
};

}  // namespace

LstmLayer::LstmLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
                     const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& input,
                     LayerTensor& output)
    : layer_(layer),
      index_(index),
      gemm_(layer.name, index, layer_formats(layer.precision, recipe), arithmetic, recipe,
            std::move(gemm)),
      input_(input),
      output_(output),
      input_weights_(layer.name + ".weight", {kGates * layer.filters, layer.input_shape.c},
                     gemm_.formats().takes_codes()),
      hidden_weights_(layer.name + ".hidden_weight", {kGates * layer.filters, layer.filters},
                      gemm_.formats().takes_codes()),
      bias_(layer.name + ".bias", ParameterKind::norm, {kGates * layer.filters}, 0.0F) {
  (gemm_.formats().takes_codes() ? input.wants_codes : input.wants_values) = true;
  output.wants_values = true;
}

ConvShape LstmLayer::hidden_matrix(std::int64_t rows) const {
  return matrix_shape(rows, layer_.filters, kGates * layer_.filters);
}

/// Keeps the operand of all steps for dWh, zeros before the first.
void LstmLayer::multiply_hidden(std::int64_t step, const Fp16Code* h_before,
                                const TrainingPass& pass, Fp16Code* from_hidden) {
  const bool codes = gemm_.formats().takes_codes();
  make_hidden_operand(h_before, shape_.batch * shape_.hidden, codes, step_);
  if (codes) {
    scatter_step(step_.codes.data(), shape_, step, shape_.hidden, sequence_.codes.data());
  } else {
    scatter_step(step_.values.data(), shape_, step, shape_.hidden, sequence_.values.data());
  }
  const PartOfLayer part(pass, lstm_step_part(step));
  gemm_.forward(hidden_matrix(shape_.batch), hidden_operand(step_, codes),
                hidden_weights_.operand(), part.pass(), from_hidden);
}

void LstmLayer::forward(const TrainingPass& pass) {
  const FeatureShape& in = layer_.input_shape;
  shape_ = {pass.samples, layer_.filters, in.h};
  input_matrix_ = matrix_shape(pass.samples * in.h, in.c, kGates * layer_.filters);
  input_weights_.prepare();
  hidden_weights_.prepare();
  from_input_.resize(kGates * output_.elements());
  const bool codes = gemm_.formats().takes_codes();
  const PartOfLayer part(pass, kLstmInputPart);
  gemm_.forward(input_matrix_, input_.operand(codes), input_weights_.operand(), part.pass(),
                from_input_.data());
  sequence_.codes.assign(codes ? output_.elements() : 0, 0);
  sequence_.values.assign(codes ? 0 : output_.elements(), 0);
  const auto multiply = [&](std::int64_t step, const Fp16Code* h_before, Fp16Code* from_hidden) {
    multiply_hidden(step, h_before, pass, from_hidden);
  };
  lstm_sequence(shape_, from_input_.data(), bias_.value.data(), multiply, states_,
                output_.values.data());
}

/// Fills gate_gradients_ [batch, steps, 4, hidden].
void LstmLayer::back_through_time(const TrainingPass& pass) {
  const std::int64_t units = shape_.batch * shape_.hidden, width = kGates * shape_.hidden;
  const Fp16Code* dh_above = output_.gradient().data();
  const std::vector<Fp16Code> no_cell(static_cast<std::size_t>(units));
  std::vector<Fp16Code> dh_next = no_cell, dc_next = no_cell, dc_before = no_cell;
  std::vector<Fp16Code> step_gradients(static_cast<std::size_t>(shape_.batch * width));
  gate_gradients_.resize(from_input_.size());
  for (std::int64_t step = shape_.stride - 1; step >= 0; --step) {
    LstmBackward cell;
    cell.gates = states_.gates.data() + step * kGates * units;
    cell.c_before = step > 0 ? states_.c.data() + (step - 1) * units : no_cell.data();
    cell.c = states_.c.data() + step * units;
    cell.dh_above = dh_above + step * shape_.hidden;
    cell.dh_next = dh_next.data();
    cell.dc_next = dc_next.data();
    cell.da = gate_gradients_.data() + step * width;
    cell.dc_before = dc_before.data();
    lstm_cell_backward(cell, shape_);
    dc_next.swap(dc_before);
    if (step == 0) return;
    gather_step(gate_gradients_.data(), shape_, step, width, step_gradients.data());
    gemm_.take_step_gradient(step_gradients, pass);
    const PartOfLayer part(pass, lstm_step_part(step));
    gemm_.dgrad(hidden_matrix(shape_.batch), hidden_weights_.operand(), part.pass(),
                dh_next.data());
  }
}

void LstmLayer::backward(const TrainingPass& pass) {
  back_through_time(pass);
  gemm_.take_gradient(gate_gradients_, pass);
  const PartOfLayer of_input(pass, kLstmInputPart), of_hidden(pass, kLstmHiddenPart);
  if (input_.wants_gradient) {
    gemm_.dgrad(input_matrix_, input_weights_.operand(), of_input.pass(), input_.new_gradient());
    input_.added_gradient();
  }
  const bool codes = gemm_.formats().takes_codes();
  gemm_.wgrad(input_matrix_, input_.operand(codes), of_input.pass(), input_weights_.new_gradient());
  input_weights_.take_gradient();
  gemm_.wgrad(hidden_matrix(input_matrix_.n), hidden_operand(sequence_, codes), of_hidden.pass(),
              hidden_weights_.new_gradient());
  hidden_weights_.take_gradient();
  std::fill(bias_.gradient.begin(), bias_.gradient.end(), 0.0F);
  bias_gradient(gate_gradients_.data(), input_matrix_.n, input_matrix_.k, bias_.gradient.data());
}

std::vector<TrainedParameter*> LstmLayer::parameters() {
  return {&input_weights_.parameter(), &hidden_weights_.parameter(), &bias_};
}

void LstmLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = layer_.name;
  entry.precision = layer_.precision;
  entry.weight = input_weights_.exported();
  entry.hidden = hidden_weights_.exported();
  entry.bias = bias_.value;
}

}  // namespace nibble
