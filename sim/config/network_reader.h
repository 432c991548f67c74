// configs/networks/*.yaml -> Network (models/layers/network.h), shapes filled in.
//
//   network: NAME
//   input: {height, width, channels}
//   classes: N
//   precision: {default, first?, last?, shortcut?, conv1x1?, layers?: {NAME: ...}}
//   layers:    a list in execution order; `input:` or `inputs:` name earlier layers, `input` is the
//              network's own; without it a layer reads the one before
//
// Every precision is int4_fp4 or fp16. The later of default, conv1x1, shortcut, first and last,
// layers wins. A policy that names no layer is an error, as it would be a silent slip.
#pragma once

#include <string>
#include <vector>

#include "models/layers/network.h"
#include "sim/config/yaml_document.h"

namespace nibble {

/// Throws BadInput with the line of the layer that does not fit.
[[nodiscard]] Network read_network(const std::string& path,
                                   const std::vector<YamlOverride>& overrides = {});

/// The same from a text; `file` is what errors call it.
[[nodiscard]] Network parse_network(const std::string& text, const std::string& file,
                                    const std::vector<YamlOverride>& overrides = {});

}  // namespace nibble
