// configs/networks/*.yaml -> Network (models/layers/network.h), shapes filled in.
//
//   network: NAME
//   input: {height, width, channels}
//   classes: N
//   precision: which layer multiplies in which arithmetic: network_precision.h, which can also put
//              an experiment's policy in the place of the file's
//   layers:    a list in execution order; `input:` or `inputs:` name earlier layers, `input` is the
//              network's own; without it a layer reads the one before
#pragma once

#include <string>
#include <vector>

#include "models/layers/network.h"
#include "sim/config/yaml_document.h"

namespace nibble {

class PrecisionPolicy;

/// `changes` to the file's precision policy come from elsewhere, such as a recipe. Throws BadInput
/// with the line of the layer, or of the change, that does not fit.
[[nodiscard]] Network read_network(const std::string& path,
                                   const std::vector<YamlOverride>& overrides = {},
                                   const PrecisionPolicy* changes = nullptr);

/// The same from a text; `file` is what errors call it.
[[nodiscard]] Network parse_network(const std::string& text, const std::string& file,
                                    const std::vector<YamlOverride>& overrides = {},
                                    const PrecisionPolicy* changes = nullptr);

}  // namespace nibble
