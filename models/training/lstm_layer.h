// An LSTM as it is trained, back through all time steps of a sequence, whose first state is zero.
// x Wx of all steps is one GEMM, h Wh one a step; on the way back dh is one a step, and dx, dWx and
// dWh are one each over all steps. As an operand h is s4 with the fixed alpha 1, or fp16.
#pragma once

#include <optional>
#include <vector>

#include "models/layers/lstm_sequence.h"
#include "models/training/layer_tensor.h"
#include "models/training/trained_weights.h"

namespace nibble {

class LstmLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network; `gemm` as for TrainedGemm. The tensors must
  /// outlive this; all parameters are zero.
  LstmLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
            const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& input,
            LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override;
  [[nodiscard]] std::vector<TrainedState> states() override { return gemm_.states(); }
  void finish_step() override { gemm_.finish_step(); }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] std::optional<int> grad_scale() const override { return gemm_.grad_scale(); }
  [[nodiscard]] const std::string& name() const override { return layer_.name; }

  /// [4*hidden, inputs] and [4*hidden, hidden]; biases [4*hidden].
  [[nodiscard]] TrainedParameter& input_weights() { return input_weights_.parameter(); }
  [[nodiscard]] TrainedParameter& hidden_weights() { return hidden_weights_.parameter(); }
  [[nodiscard]] TrainedParameter& bias() { return bias_; }

 private:
  void multiply_hidden(std::int64_t step, const Fp16Code* h_before, const TrainingPass& pass,
                       Fp16Code* from_hidden);
  void back_through_time(const TrainingPass& pass);
  [[nodiscard]] ConvShape hidden_matrix(std::int64_t rows) const;

  Layer layer_;
  int index_;
  TrainedGemm gemm_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedWeights input_weights_, hidden_weights_;
  TrainedParameter bias_;
  // Of the last forward() and backward():
  LstmShape shape_;
  ConvShape input_matrix_;
  LstmStates states_;
  HiddenOperand step_, sequence_;  // h of the step before: of one step; of all, zero for the first
  std::vector<Fp16Code> from_input_, gate_gradients_;
};

}  // namespace nibble
