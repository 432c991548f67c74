// Small random networks, for what computes with values (convolutions with kernels 1, 3, 5 and
// strides 1, 2, batch norms, residual additions with identity and convolution shortcuts, pools,
// activations, linear layers) and for what only takes time: every kind of layer.
#pragma once

#include "models/layers/network.h"
#include "tests/sim/support/pick.h"

namespace nibble::test {

/// A network whose shapes fit. `fp16_layers`: layers kept in fp16 may occur; without them every
/// conv and linear layer computes in 4 bits behind a pact layer. `groups`: convolutions in groups,
/// down to depthwise ones, may occur.
[[nodiscard]] Network random_network(Random& random, bool fp16_layers, bool groups = false);

/// A network of any kinds of layers, in any precisions: for what asks for no values.
[[nodiscard]] Network random_timing_network(Random& random);

/// Layers for networks written by hand.
[[nodiscard]] Layer make_layer(const std::string& name, LayerKind kind, std::vector<int> inputs);
[[nodiscard]] Layer make_conv(const std::string& name, int input, std::int64_t filters,
                              std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                              LayerPrecision precision);
[[nodiscard]] Layer make_linear(const std::string& name, int input, std::int64_t filters,
                                LayerPrecision precision);
/// A network of one such layer, with the classes that it yields.
[[nodiscard]] Network one_layer(Layer layer, FeatureShape input);

}  // namespace nibble::test
