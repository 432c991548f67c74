// A network as a graph of layers with shapes: plain data, in execution order. Read from
// configs/networks/*.yaml by sim/config, executed by models/training and models/layers/inference,
// turned into a training step by sim/workload.
//
// Tensors between layers are fp16, layout [N,H,W,C]; a sequence of T tokens is [N,T,1,C]. A `pact`
// layer clips to [0, alpha], a `pact_signed` layer to [-alpha, alpha]; a layer that multiplies in
// 4 bits quantises its inputs with the alpha of the pact layer it reads (reading anything else is
// an error); one in fp16 reads the fp16 values. Training with values knows the first group of
// kinds, the timing engine all of them.
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
  // no values yet: timing only
  pact_signed,         // clip to [-alpha, alpha], s4 codes
  gelu,                // also other smooth activations: one pointwise function
  multiply,            // elementwise product of two inputs
  avg_pool,            // with a window
  concat,              // along channels, two inputs or more
  layer_norm,          // over the channels of each position
  softmax,             // over the channels of each position
  matmul,              // two activations, `heads` independent products a sample (attention)
  lstm,                // [T,1,I] to [T,1,H], or [T,1,2H] if bidirectional
  embedding,           // `lookups` rows of a table a position, summed
  position_embedding,  // adds a learned table, after putting `extra_tokens` learned tokens in front
  select_token,        // the first position of a sequence
  reshape,             // another shape of the same elements, no work
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
};

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
  bool tied = false;           // linear: its weights are another layer's (no parameters of its own)
  bool ceil_mode = false;      // pools: a last window may hang over the edge
  std::int64_t heads = 1;      // matmul: channels are split into this many products
  bool transpose_b = false;    // matmul: [T,C] x [S,C]^T, else [T,heads*S] x [S,C]
  bool bidirectional = false;  // lstm
  std::int64_t table_rows = 0, lookups = 1;  // embedding
  std::int64_t extra_tokens = 0;             // position_embedding
  // filled by infer_shapes
  FeatureShape input_shape, output_shape;
};

struct Network {
  std::string name;
  FeatureShape input;
  std::int64_t classes = 0;
  std::vector<Layer> layers;  // the last one yields the logits [N, classes]
};

/// Fills the shapes; throws std::invalid_argument "layer NAME: ..." on a graph that does not fit.
void infer_shapes(Network& network);

/// conv, linear, matmul and lstm: the kinds with GEMMs, which have a precision.
[[nodiscard]] bool multiplies(const Layer& layer);

/// The convolution of a conv, linear or matmul layer for a batch. A linear layer without `flatten`
/// has batch*H*W images of one pixel; a matmul has batch*heads groups. The GEMMs of an lstm are
/// built where the step is (sim/workload).
[[nodiscard]] ConvShape conv_shape(const Layer& layer, std::int64_t batch);

/// Multiply-accumulates of one sample's forward pass, and trained parameters with biases and norms:
/// the totals that papers print.
[[nodiscard]] std::int64_t forward_macs(const Layer& layer);
[[nodiscard]] std::int64_t parameters(const Layer& layer);
[[nodiscard]] std::int64_t forward_macs(const Network& network);
[[nodiscard]] std::int64_t parameters(const Network& network);

}  // namespace nibble
