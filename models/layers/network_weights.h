// What a trained network needs beside its graph to run forward: plain data, in the order of the
// network's layers. Written by models/training, stored by models/trace, read by InferenceNetwork.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/formats/block_scaled.h"
#include "models/formats/fp16.h"
#include "models/formats/int4.h"
#include "models/gemm/gemm.h"
#include "models/layers/network.h"

namespace nibble {

/// Test accuracy of a training; a part that was not trained is missing.
struct Accuracy {
  std::string metric = "test_top1_percent";
  std::optional<double> fp32, nibble4;
  std::int64_t epochs = 0;
};

/// Weights as a GEMM multiplies them: s4 codes and their step, or fp16.
struct WeightMatrix {
  std::vector<NibbleCode> codes;
  float step = 0;  // value of one unit of a code, SAWB's alpha / 7
  std::vector<Fp16Code> values;
};

/// Only the fields of the layer's kind are filled; layers without any weight have no entry. Layers
/// with an FP8 GEMM have fp16 weights, which it rounds.
struct LayerWeights {
  std::string name;
  LayerPrecision precision = LayerPrecision::fp16;  // conv, linear, lstm
  WeightMatrix weight;                              // of these: [K,R,S,C]
  WeightMatrix hidden;                              // lstm: [K,C], K = 4*hidden
  std::vector<Fp16Code> table;                      // embeddings: [rows, C]
  std::vector<float> bias;                          // linear with bias, lstm: [K]
  std::vector<float> scale, shift;  // batch_norm, folded: z = x * scale + shift; layer_norm's gamma
                                    // and beta; [C]
  float alpha = 0;                  // pact, pact_signed
};

struct NetworkWeights {
  std::string network, dataset;
  std::string recipe;  // by which they were trained; empty if that is not known
  int chunk_len = kDefaultChunkLen;
  int fp16_chunk_len = kDefaultFp16ChunkLen;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  /// Layers whose forward GEMM is INT4 by their precision multiply these instead, from fp16.
  std::optional<BlockFormat> blocks;
  Accuracy accuracy;
  std::vector<LayerWeights> layers;
};

/// What is computed with values, by inference and training: the first two groups of LayerKind,
/// convolutions without bias, pools without ceil_mode, LSTMs of one direction, embeddings
/// of token ids (the network's input then is read by nothing else), learned positions, no tied
/// weights; forward in INT4 only behind pact layers. Throws std::invalid_argument "layer
/// NAME: ..." on anything else, which only the timing engine knows. Call it on a network with
/// shapes.
void check_values(const Network& network);

/// check_values first. Then throws std::invalid_argument "layer NAME: ..." unless there is an
/// entry, with the right number of elements, for exactly the layers of the network that need one,
/// in its order.
void check_weights(const Network& network, const NetworkWeights& weights);

}  // namespace nibble
