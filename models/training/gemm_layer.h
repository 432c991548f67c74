// A conv or linear layer as it is trained: binary32 master weights become codes (SAWB) or fp16,
// gradients become both phases of FP4 or fp16; activations come as PACT's codes or fp16 from the
// layer before. All three GEMMs are those of NUMERICS sections 2 and 3.
#pragma once

#include <optional>
#include <vector>

#include "models/layers/gemm_call.h"
#include "models/training/layer_formats.h"
#include "models/training/layer_tensor.h"
#include "models/training/trained_layer.h"

namespace nibble {

class GemmLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network. `gemm` multiplies; an empty one means the fastest
  /// way that models/layers has. The tensors must outlive this; weights are zero.
  GemmLayer(const Layer& layer, int index, const GemmArithmetic& arithmetic, GemmFunction gemm,
            LayerTensor& input, LayerTensor& output);

  void forward(const TrainingPass& pass) override;
  /// The largest |dy| votes on the next step's gradscale; a pass that leaves no mark does not.
  void backward(const TrainingPass& pass) override;

  [[nodiscard]] std::vector<TrainedParameter*> parameters() override;
  [[nodiscard]] std::vector<TrainedState> states() override;
  /// Takes the vote of the last backward() into account.
  void finish_step() override;
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] std::optional<int> grad_scale() const override;
  [[nodiscard]] const std::string& name() const override { return layer_.name; }
  [[nodiscard]] const Layer& layer() const { return layer_; }

  /// [K,R,S,C], binary32.
  [[nodiscard]] TrainedParameter& weights() { return weights_; }

 private:
  /// One operand of a GEMM; the other array is empty.
  struct Operand {
    const std::vector<NibbleCode>* codes = nullptr;
    const std::vector<Fp16Code>* values = nullptr;
  };

  void multiply(GemmPass pass, const Operand& streamed, const Operand& stationary, float scale,
                int gradscale, OperationSink* sink, Fp16Code* result) const;
  void accumulate(GemmPass pass, const Operand& streamed, const Operand& stationary, float scale,
                  Fp16Code* result) const;
  void add_bias();
  void quantise_weights();
  [[nodiscard]] int quantise_gradient(const TrainingPass& pass);
  void sum_bias_gradient();

  Layer layer_;
  int index_;
  LayerFormats formats_;
  GemmArithmetic arithmetic_;
  GemmFunction gemm_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedParameter weights_;
  std::optional<TrainedParameter> bias_;
  std::vector<float> grad_scale_;  // one exponent; nothing before the first that is known
  int vote_ = 0;
  // Of the last forward() and backward():
  ConvShape conv_;
  std::vector<NibbleCode> weight_codes_, even_, odd_;
  std::vector<Fp16Code> weight_values_, dweights_;
  float weight_step_ = 0;  // value of one unit of a weight's code
};

}  // namespace nibble
