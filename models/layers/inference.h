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

#include "models/layers/gemm_call.h"
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
  using Values = std::vector<float>;  // fp16 values of one tensor [N,H,W,C]
  using Codes = std::vector<Fp16Code>;
  struct Input {
    Values images;
    const std::int32_t* tokens = nullptr;
  };
  /// One operand of a GEMM: codes of 4-bit integers or fp16 codes.
  struct Operand {
    const NibbleCode* codes = nullptr;
    const Fp16Code* values = nullptr;
    float step = 1.0F;  // value of one unit of a code
    StationaryFormat integer = StationaryFormat::s4;
  };
  /// An activation as its GEMM reads it; one of the arrays.
  struct Activation {
    std::vector<NibbleCode> codes;
    Codes values;
    float step = 1.0F;
    StationaryFormat integer = StationaryFormat::u4;
    [[nodiscard]] Operand operand() const { return {codes.data(), values.data(), step, integer}; }
  };

  [[nodiscard]] const LayerWeights& weights_of(std::size_t layer) const;
  [[nodiscard]] Codes run(const Input& input, std::int64_t batch, const GemmFunction& gemm) const;
  void run_layer(std::size_t index, std::int64_t batch, const GemmFunction& gemm,
                 std::vector<Values>& outputs, const Input& input) const;
  /// The kinds whose arithmetic is on codes.
  [[nodiscard]] Codes run_sequence_layer(std::size_t index, std::int64_t batch, const Values& x,
                                         const std::int32_t* tokens) const;

  // inference_gemm.cpp
  /// The layer's `place`-th input as its GEMM reads it.
  [[nodiscard]] Activation activation(const Layer& layer, std::size_t place, const Values& x) const;
  /// What the layer's GEMM multiplies.
  [[nodiscard]] GemmOperands operands_of(const Layer& layer) const;
  [[nodiscard]] bool takes_codes(const Layer& layer) const {
    return operands_of(layer) == GemmOperands::nibble;
  }
  /// Of s4 codes, or fp16.
  [[nodiscard]] Operand signed_operand(const Layer& layer, const std::vector<NibbleCode>& codes,
                                       float step, const Codes& values) const;
  /// y = fp16(x * w).
  [[nodiscard]] Codes product(const Layer& layer, const ConvShape& conv, const Operand& x,
                              const Operand& w, const GemmFunction& gemm) const;
  [[nodiscard]] Values multiply(std::size_t index, std::int64_t batch, const Values& x,
                                const GemmFunction& gemm) const;
  [[nodiscard]] Values multiply_activations(std::size_t index, std::int64_t batch, const Values& a,
                                            const Values& b, const GemmFunction& gemm) const;
  [[nodiscard]] Values run_lstm(std::size_t index, std::int64_t batch, const Values& x,
                                const GemmFunction& gemm) const;

  Network network_;
  NetworkWeights weights_;
  std::vector<int> entry_of_layer_;  // index into weights_.layers, -1 for none
  std::vector<std::size_t> last_reader_;
};

}  // namespace nibble
