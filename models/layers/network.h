// A network as a graph of layers with shapes: plain data, in execution order. Read from
// configs/networks/*.yaml by sim/config, executed by models/training and models/layers/inference,
// turned into a training step by sim/workload.
//
// Tensors between layers are fp16, layout [N,H,W,C]. A `pact` layer clips to [0, alpha]; a conv or
// linear layer in int4_fp4 quantises its input with the alpha of the pact layer it reads (reading
// anything else is an error); one in fp16 reads the fp16 values. `add` is the residual sum.
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
  global_avg_pool
};

/// int4_fp4: INT4 forward, FP4 (two-phase) gradients. fp16: DLFloat16 on the FP16 tile.
enum class LayerPrecision : std::uint8_t { int4_fp4, fp16 };

struct FeatureShape {  // of one sample
  std::int64_t h = 0, w = 0, c = 0;
  [[nodiscard]] std::int64_t elements() const { return h * w * c; }
};

struct Layer {
  std::string name;
  LayerKind kind = LayerKind::conv;
  std::vector<int> inputs;  // indices of earlier layers; -1 is the network's input
  // conv, linear
  std::int64_t filters = 0;                          // output channels or features
  std::int64_t kernel = 1, stride = 1, padding = 0;  // kernel, stride also of max_pool
  LayerPrecision precision = LayerPrecision::fp16;
  bool shortcut = false;  // on the residual's side branch; a policy may name these
  bool bias = false;      // linear only
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

/// The convolution of a conv or linear layer for a batch.
[[nodiscard]] ConvShape conv_shape(const Layer& layer, std::int64_t batch);

}  // namespace nibble
