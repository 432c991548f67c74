// What an importer makes of a foreign file: a network, the precision policy to write with it and
// what a user must know about what was left out. Fed by onnx_importer and scalesim_importer, read
// by network_writer and the driver.
#pragma once

#include <string>
#include <vector>

#include "models/layers/network.h"

namespace nibble {

struct ImportedNetwork {
  Network network;
  std::string source;              // the file's name, for the head of the YAML file
  std::vector<std::string> notes;  // one line each: what was kept as traffic, left out, inserted
};

/// What importers of all formats let a user choose.
struct ImportOptions {
  std::string name;  // of the network; empty: the file's name without its ending
  LayerPrecision precision = LayerPrecision::int4_fp4;  // of all layers but first, last, depthwise
};

/// The name in the options, or the file's name without folder and ending, made of the characters
/// that result files may hold.
[[nodiscard]] std::string network_name(const std::string& option, const std::string& file);

}  // namespace nibble
