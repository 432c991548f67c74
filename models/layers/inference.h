// A trained network run forward in the chip's arithmetic, layer by layer on a batch of images or
// token sequences:
//
//   conv, linear   codes by PACT's quantiser (int4_fp4) or the fp16 values, one GEMM through the
//                  callback, y = fp16(acc * (alpha/15 * weight_scale)); fp16 layers: y = acc;
//                  a linear layer's bias is added afterwards, y = fp16(y + bias)
//   matmul, lstm   the same GEMMs as in training: matmul_operands.h, lstm_sequence.h
//   the rest       elementwise.h, sequence_elementwise*.h; batch norm folded to one scale and one
//                  shift a channel
//
// Everything but the GEMM is done here, so two callbacks that obey NUMERICS section 2 give the same
// logits bit for bit. Fed by models/datasets and models/trace, used by the trainer and by the chip.
#pragma once

#include <cstdint>
#include <vector>

#include "models/layers/layer_pass.h"
#include "models/layers/network.h"
#include "models/layers/network_weights.h"

namespace nibble {

class InferenceNetwork {
 public:
  /// Throws std::invalid_argument, "layer NAME: ...", if graph and weights do not fit.
  InferenceNetwork(Network network, NetworkWeights weights);

  /// `images` [batch,H,W,C] fp16 codes; returns [batch, classes] fp16 codes, of a sequence [batch,
  /// T, classes]. Samples do not influence each other: cutting a set into batches changes no bit,
  /// but for block formats with a scale of the whole tensor. A
  /// layer of a large batch may call the callback several times, each with whole samples. What the
  /// callback throws passes through.
  [[nodiscard]] std::vector<Fp16Code> logits(const Fp16Code* images, std::int64_t batch,
                                             const GemmFunction& gemm) const;
  /// The same for a network that reads token ids [batch,T]; an id beyond the table is
  /// std::invalid_argument.
  [[nodiscard]] std::vector<Fp16Code> logits(const std::int32_t* tokens, std::int64_t batch,
                                             const GemmFunction& gemm) const;

  /// Index of the largest logit of each image, the first one of equals; a NaN-infinity logit counts
  /// as larger than any number.
  [[nodiscard]] std::vector<int> classify(const Fp16Code* images, std::int64_t batch,
                                          const GemmFunction& gemm) const;

  /// classify()'s second half, for callers that need the logits too: [batch, classes] codes.
  [[nodiscard]] std::vector<int> classes_of(const std::vector<Fp16Code>& logits) const;

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] const NetworkWeights& weights() const { return weights_; }

 private:
  using Codes = std::vector<Fp16Code>;  // of one tensor [N,H,W,C]
  struct Input {
    Codes images;
    const std::int32_t* tokens = nullptr;
  };

  [[nodiscard]] const LayerWeights& weights_of(std::size_t layer) const;
  [[nodiscard]] Codes run(const Input& input, std::int64_t batch, const GemmFunction& gemm) const;
  void run_layer(std::size_t index, std::int64_t batch, const GemmFunction& gemm,
                 std::vector<Codes>& outputs, const Input& input) const;
  /// The kinds that only networks of sequences have.
  void run_sequence_layer(std::size_t index, std::int64_t batch, const Codes& x,
                          const std::int32_t* tokens, Codes& y) const;

  // inference_gemm.cpp
  /// What the layer's GEMM multiplies.
  [[nodiscard]] GemmOperands operands_of(const Layer& layer) const {
    return gemm_operands(layer.precision, GemmPass::forward, weights_.blocks.has_value());
  }
  [[nodiscard]] bool takes_codes(const Layer& layer) const {
    return operands_of(layer) == GemmOperands::nibble;
  }
  /// The layer's `place`-th input as its GEMM reads it: x, or 4-bit codes of it in `memory`.
  [[nodiscard]] GemmOperand activation(const Layer& layer, std::size_t place, const Codes& x,
                                       std::vector<NibbleCode>& memory) const;
  /// y = fp16(x * w).
  [[nodiscard]] Codes product(const Layer& layer, const ConvShape& conv, const GemmOperand& x,
                              const GemmOperand& w, const GemmFunction& gemm) const;
  [[nodiscard]] Codes multiply(std::size_t index, std::int64_t batch, const Codes& x,
                               const GemmFunction& gemm) const;
  [[nodiscard]] Codes multiply_activations(std::size_t index, std::int64_t batch, const Codes& a,
                                           const Codes& b, const GemmFunction& gemm) const;
  [[nodiscard]] Codes run_lstm(std::size_t index, std::int64_t batch, const Codes& x,
                               const GemmFunction& gemm) const;

  Network network_;
  NetworkWeights weights_;
  std::vector<int> entry_of_layer_;  // index into weights_.layers, -1 for none
  std::vector<std::size_t> last_reader_;
};

}  // namespace nibble
