// A trained network's weights on disk (README.md), written by models/training, read by
// `nibblesim run` for InferenceNetwork.
#pragma once

#include <string>
#include <string_view>

#include "models/layers/network_weights.h"

namespace nibble {

/// The file's bytes; the same weights give the same bytes. Precondition: the weights fit the
/// network, whose layers' shapes are inferred (check_weights).
[[nodiscard]] std::string weights_bytes(const Network& network, const NetworkWeights& weights);

/// Throws TraceError, one line that begins with `name`, unless the file is sound and holds exactly
/// the weights that `network` needs. The network's layers need inferred shapes.
[[nodiscard]] NetworkWeights parse_weights(const std::string& name, std::string_view bytes,
                                           const Network& network);
[[nodiscard]] NetworkWeights read_weights(const std::string& path, const Network& network);

/// The data set that a file's weights were trained with, whatever their network. Throws TraceError.
[[nodiscard]] std::string weights_dataset(const std::string& path);

}  // namespace nibble
