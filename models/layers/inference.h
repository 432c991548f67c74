// A trained network run forward in the chip's arithmetic, layer by layer on a batch of images:
//
//   conv, linear   codes by PACT's quantiser (int4_fp4) or the fp16 values, one GEMM through the
//                  callback, y = fp16(acc * (alpha/15 * weight_scale)); fp16 layers: y = acc;
//                  a linear layer's bias is added afterwards, y = fp16(y + bias)
//   the rest       elementwise.h, batch norm folded to one scale and one shift a channel
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

  /// `images` [batch,H,W,C] fp16 codes; returns [batch, classes] fp16 codes. Images do not
  /// influence each other: cutting a set into batches changes no bit. A layer of a large batch may
  /// call the callback several times, each with whole images. What the callback throws passes
  /// through.
  [[nodiscard]] std::vector<Fp16Code> logits(const Fp16Code* images, std::int64_t batch,
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

  [[nodiscard]] const LayerWeights& weights_of(std::size_t layer) const;
  void run_layer(std::size_t index, std::int64_t batch, const GemmFunction& gemm,
                 std::vector<Values>& outputs, const Values& images) const;
  [[nodiscard]] Values multiply(std::size_t index, std::int64_t batch, const Values& x,
                                const GemmFunction& gemm) const;

  Network network_;
  NetworkWeights weights_;
  std::vector<int> entry_of_layer_;  // index into weights_.layers, -1 for none
  std::vector<std::size_t> last_reader_;
};

}  // namespace nibble
