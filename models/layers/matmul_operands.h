// Tensors with two neighbouring axes exchanged: how activations become the operands of a product of
// activations, whose groups (a head of a sample each) stand outside (conv_shape of a matmul).
#pragma once

#include <algorithm>
#include <cmath>

#include "models/layers/network.h"

namespace nibble {

/// [outer, a, b, inner] to [outer, b, a, inner].
struct SwappedAxes {
  std::int64_t outer = 1, a = 1, b = 1, inner = 1;
  [[nodiscard]] SwappedAxes inverse() const { return {outer, b, a, inner}; }
  [[nodiscard]] std::int64_t elements() const { return outer * a * b * inner; }
};

/// The arrays may not overlap.
template <typename Value>
void swap_axes(const SwappedAxes& axes, const Value* from, Value* to) {
  for (std::int64_t o = 0; o < axes.outer; ++o) {
    for (std::int64_t b = 0; b < axes.b; ++b) {
      for (std::int64_t a = 0; a < axes.a; ++a) {
        to = std::copy_n(from + ((o * axes.a + a) * axes.b + b) * axes.inner, axes.inner, to);
      }
    }
  }
}

/// From the tensors of a matmul layer, [N,T,..] each, to what its GEMMs take in their places: A
/// streams, B stands for the weights, Y is the result.
struct MatmulAxes {
  SwappedAxes a, b, y;
};

[[nodiscard]] inline MatmulAxes matmul_axes(const Layer& layer, std::int64_t batch) {
  const FeatureShape &in = layer.input_shape, &out = layer.output_shape;
  MatmulAxes axes;
  axes.a = {1, batch, in.h, in.w * in.c};
  axes.y = {1, batch, out.h, out.w * out.c};
  const std::int64_t features = layer.transpose_b ? in.c : out.c;
  if (layer.transpose_b) {
    axes.b = {batch, out.c, layer.heads, features / layer.heads};
  } else {
    axes.b = {batch, in.c, features, 1};
  }
  return axes;
}

/// What a product of activations is multiplied by besides its operands' steps: scores (transpose_b)
/// by 1 / sqrt(channels of a head), in binary32.
[[nodiscard]] inline float matmul_factor(const Layer& layer) {
  if (!layer.transpose_b) return 1.0F;
  const std::int64_t channels = layer.input_shape.c / layer.heads;
  return 1.0F / std::sqrt(static_cast<float>(channels));
}

}  // namespace nibble
