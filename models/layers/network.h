// A network as a graph of layers with shapes: plain data, in execution order. Read from
// configs/networks/*.yaml by sim/config, executed by models/training and models/layers/inference,
// turned into a training step by sim/workload.
//
// Tensors between layers are fp16, layout [N,H,W,C]; a sequence of T tokens is [N,T,1,C]. A `pact`
// layer clips to [0, alpha], a `pact_signed` layer to [-alpha, alpha]; a layer whose forward GEMM
// is INT4 quantises each activation it multiplies with the alpha of the pact layer it reads. The
// network's own input has a known range, so it may be read in 4 bits too (s4 codes, a fixed alpha);
// reading anything else is an error. A layer in fp16 or fp8 reads any layer's values. Training and
// inference know the kinds that check_values() takes (network_weights.h), the timing engine all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/layers/conv_lowering.h"

namespace nibble {

enum class LayerKind : std::uint8_t {
  conv,
  linear,
  batch_norm,
  pact,
  relu,
  add,
  max_pool,
  global_avg_pool,
  // of sequences; those that check_values() refuses are for timing only
  pact_signed,         // clip to [-alpha, alpha], s4 codes
  gelu,                // also other smooth activations: one pointwise function
  multiply,            // elementwise product of two inputs
  avg_pool,            // with a window
  concat,              // along channels, two inputs or more
  layer_norm,          // over the channels of each position
  softmax,             // over the channels of each position
  matmul,              // two activations, `heads` independent products a sample (attention)
  lstm,                // [T,1,I] to [T,1,H], or [T,1,2H] if bidirectional
  embedding,           // `lookups` rows of a table a position, summed; reads [h,w,1] token ids
  position_embedding,  // adds a table's row to each position, after `extra_tokens` learned tokens
  select_token,        // the first position of a sequence
  reshape,             // `output_shape`, another shape of the same elements; no work
  traffic              // reads its inputs, writes `output_shape`: what an importer does not know
};

/// In which formats the three GEMMs of a layer multiply: forward, dgrad, wgrad (models/FACTS.md
/// section 6, the rows of SUN's Fig. 6c). FP8 is HFP8: 1-4-3 forward, 1-5-2 gradients.
enum class LayerPrecision : std::uint8_t {
  int4_fp4,         // INT4 | FP4 even | FP4 odd (two-phase)
  fp16,             // DLFloat16
  fp8,              // FP8 | FP8 | FP8
  int4_fp8,         // INT4 | FP8 | FP8
  int4_fp16,        // INT4 | FP16 | FP16
  int4_fp4_dw_fp8,  // INT4 | FP4 | FP8
  int4_fp8_dw_fp4,  // INT4 | FP8 | FP4
};

/// All that begin with int4.
[[nodiscard]] constexpr bool forward_is_int4(LayerPrecision precision) {
  return precision != LayerPrecision::fp16 && precision != LayerPrecision::fp8;
}

struct FeatureShape {  // of one sample
  std::int64_t h = 0, w = 0, c = 0;
  [[nodiscard]] std::int64_t elements() const { return h * w * c; }
};

struct Layer {
  std::string name;
  LayerKind kind = LayerKind::conv;
  std::vector<int> inputs;  // indices of earlier layers; -1 is the network's input
  // conv, linear, lstm (hidden units a direction), embedding (features)
  std::int64_t filters = 0;                          // output channels or features
  std::int64_t kernel = 1, stride = 1, padding = 0;  // also of max_pool, avg_pool
  std::int64_t groups = 1;                           // conv
  LayerPrecision precision = LayerPrecision::fp16;   // of layers that multiply
  bool shortcut = false;       // on the residual's side branch; a policy may name these
  bool bias = false;           // conv, linear
  bool flatten = true;         // linear: all of a sample is one vector; false: each position is
  bool causal = false;         // softmax of scores [T,heads,S]: a position sees no later one
  bool tied = false;           // linear, embedding: the weights are another layer's
  bool ceil_mode = false;      // pools: a last window may hang over the edge
  std::int64_t heads = 1;      // matmul: channels are split into this many products
  bool transpose_b = false;    // matmul: [T,1,C] x [S,1,C]^T = [T,heads,S], else the way back:
                               // [T,heads,S] x [S,1,C] = [T,1,C]
  bool bidirectional = false;  // lstm
  /// While it trains, each element of the layer's output is zero with this probability and the
  /// others are divided by its rest; nothing of it in inference. Of takes_dropout() only.
  double dropout = 0;
  // embedding, position_embedding (there 0 rows: a fixed table, without parameters)
  std::int64_t table_rows = 0;
  std::int64_t lookups = 1;       // embedding
  std::int64_t extra_tokens = 0;  // position_embedding
  // Filled by infer_shapes; input_shape is the first input's. The output_shape of reshape and
  // traffic is given.
  FeatureShape input_shape, output_shape;
};

struct Network {
  std::string name;
  FeatureShape input;
  /// Elements of the last layer's output, or its channels if it is a sequence: a language model
  /// yields one vector of logits a token.
  std::int64_t classes = 0;
  std::vector<Layer> layers;  // the last one yields the logits
};

/// Fills the shapes; throws std::invalid_argument "layer NAME: ..." on a graph that does not fit,
/// or whose precisions do not. May be called again after a change of precisions.
void infer_shapes(Network& network);

/// Everything that a network is, as text: two networks with the same text compute the same.
[[nodiscard]] std::string network_text(const Network& network);

/// Whether the network's input is token ids, rows of a table: an embedding reads it.
[[nodiscard]] bool reads_tokens(const Network& network);

/// embedding, position_embedding, linear, lstm, gelu and softmax.
[[nodiscard]] bool takes_dropout(LayerKind kind);

/// conv, linear, matmul and lstm: the kinds with GEMMs, which have a precision.
[[nodiscard]] bool multiplies(const Layer& layer);

/// The convolution of a conv, linear or matmul layer for a batch. A linear layer without `flatten`
/// has batch*H*W images of one pixel; a matmul has batch*heads groups and T images of one pixel
/// (A streams, B is the stationary operand in the place of the weights). The GEMMs of an lstm are
/// built where the step is (sim/workload). Throws std::invalid_argument for other kinds.
[[nodiscard]] ConvShape conv_shape(const Layer& layer, std::int64_t batch);

/// Multiply-accumulates of one sample's forward pass in GEMMs (no norms, pools, softmax).
[[nodiscard]] std::int64_t forward_macs(const Layer& layer);
[[nodiscard]] std::int64_t forward_macs(const Network& network);

/// Trained parameters as PyTorch counts them: weights, biases, scale and shift of norms, two bias
/// vectors a gate of an lstm, embeddings. Tied weights count once, where they are not tied. PACT's
/// alphas are this project's and not counted, so that the totals are those that papers print.
[[nodiscard]] std::int64_t parameters(const Layer& layer);
[[nodiscard]] std::int64_t parameters(const Network& network);

}  // namespace nibble
