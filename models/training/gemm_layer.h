// A conv or linear layer as it is trained: binary32 master weights become codes (SAWB) or fp16,
// activations become codes (PACT) or fp16, gradients become both phases of FP4 or fp16; all three
// GEMMs go through a GemmFunction (NUMERICS sections 2 and 3). No libtorch here.
//
// Tensors are fp16 values held as binary32. forward() keeps what backward() of the same batch
// needs.
#pragma once

#include <optional>
#include <vector>

#include "models/layers/gemm_call.h"
#include "models/layers/network_weights.h"
#include "models/layers/run_pass.h"
#include "models/training/operation_sink.h"

namespace nibble {

class GemmLayer {
 public:
  GemmLayer(const Layer& layer, const GemmArithmetic& arithmetic, GemmFunction gemm);

  /// y [N,P,Q,K] from x [N,H,W,C]. `weights` [K,R,S,C] binary32, `bias` [K] or null; `alpha` is
  /// that of the pact layer before (unused in fp16).
  void forward(const float* x, std::int64_t batch, const float* weights, const float* bias,
               float alpha, OperationSink* sink, float* y);

  /// From `dy` [N,P,Q,K], fp16 values, the gradients `dx` (unless needs_input_gradient() is false:
  /// then it is not touched), `dweights` and `dbias` (null without bias). All are fp16 values
  /// except dbias, a binary32 sum over the batch in index order. The largest |dy| votes on the next
  /// step's gradscale; with a sink (a captured step) nothing is remembered.
  void backward(const float* dy, OperationSink* sink, float* dx, float* dweights, float* dbias);

  /// A layer that reads the network's input has no dgrad.
  [[nodiscard]] bool needs_input_gradient() const { return layer_.inputs.front() >= 0; }

  /// Takes the vote of the last backward() into account.
  void update_grad_scale();

  /// The layer's entry of a weights file.
  [[nodiscard]] LayerWeights export_weights(const float* weights, const float* bias) const;

  [[nodiscard]] const Layer& layer() const { return layer_; }
  /// Nothing before the first gradient that is not zero, and always in fp16.
  [[nodiscard]] std::optional<int> grad_scale() const { return grad_scale_; }

 private:
  void multiply(GemmPass pass, const std::vector<NibbleCode>& streamed,
                const std::vector<NibbleCode>& stationary, float scale, int gradscale,
                OperationSink* sink, float* result) const;
  void multiply(GemmPass pass, const std::vector<Fp16Code>& streamed,
                const std::vector<Fp16Code>& stationary, OperationSink* sink, float* result) const;
  void backward_nibbles(const float* dy, OperationSink* sink, float* dx, float* dweights);
  void backward_fp16(const float* dy, OperationSink* sink, float* dx, float* dweights);
  [[nodiscard]] std::size_t output_count() const {
    return static_cast<std::size_t>(result_elements(conv_, GemmPass::forward));
  }

  Layer layer_;
  GemmArithmetic arithmetic_;
  GemmFunction gemm_;
  std::optional<int> grad_scale_;
  int vote_ = 0;
  // of the last forward()
  ConvShape conv_;
  std::vector<NibbleCode> x_codes_, weight_codes_;
  std::vector<Fp16Code> x_values_, weight_values_;
  float x_scale_ = 0, weight_scale_ = 0;  // value of one step of a code
};

}  // namespace nibble
