#include "sim/import/network_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/layers/layer_names.h"
#include "sim/base/bad_input.h"
#include "sim/config/network_precision.h"
#include "sim/config/network_reader.h"

namespace nibble {
namespace {

/// One comment line, whatever bytes a foreign file put into its names.
std::string comment(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "# " + text + "\n";
}

std::string shape_map(const FeatureShape& shape) {
  return fmt::format("{{height: {}, width: {}, channels: {}}}", shape.h, shape.w, shape.c);
}

std::string policy(const Network& network, LayerPrecision precision) {
  std::string text = fmt::format("{{default: {}", layer_precision_name(precision));
  const auto& layers = network.layers;
  if (precision != LayerPrecision::fp16 && std::any_of(layers.begin(), layers.end(), multiplies)) {
    text += ", first: fp16, last: fp16";
    if (std::any_of(layers.begin(), layers.end(), is_depthwise)) text += ", depthwise: fp16";
  }
  return text + "}";
}

std::string input_name(const Network& network, int input) {
  return input < 0 ? "input" : network.layers[static_cast<std::size_t>(input)].name;
}

/// Nothing if the layer reads the one before it.
std::string inputs(const Network& network, std::size_t index) {
  const Layer& layer = network.layers[index];
  if (layer.inputs.size() == 1) {
    if (layer.inputs.front() == static_cast<int>(index) - 1) return "";
    return ", input: " + input_name(network, layer.inputs.front());
  }
  std::string list;
  for (const int input : layer.inputs) {
    list += (list.empty() ? "" : ", ") + input_name(network, input);
  }
  return ", inputs: [" + list + "]";
}

/// `, key: value` unless the value is the one that the reader takes without the key.
template <typename Value>
std::string option(const char* key, const Value& value, const Value& otherwise) {
  return value == otherwise ? "" : fmt::format(", {}: {}", key, value);
}

std::string window(const Layer& layer, std::int64_t usual_stride) {
  return fmt::format(", kernel: {}", layer.kernel) +
         option<std::int64_t>("stride", layer.stride, usual_stride) +
         option<std::int64_t>("padding", layer.padding, 0);
}

std::string keys(const Layer& layer) {
  constexpr std::int64_t kNone = 0;  // a pool has no usual stride
  switch (layer.kind) {
    case LayerKind::conv:
      return fmt::format(", filters: {}", layer.filters) + window(layer, 1) +
             option<std::int64_t>("groups", layer.groups, 1) + option("bias", layer.bias, false) +
             option("shortcut", layer.shortcut, false);
    case LayerKind::linear:
      return fmt::format(", filters: {}", layer.filters) + option("bias", layer.bias, false) +
             option("flatten", layer.flatten, true) + option("tied", layer.tied, false);
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      return window(layer, kNone) + option("ceil", layer.ceil_mode, false);
    case LayerKind::matmul:
      return option<std::int64_t>("heads", layer.heads, 1) +
             option("transpose_b", layer.transpose_b, false);
    case LayerKind::lstm:
      return fmt::format(", hidden: {}", layer.filters) +
             option("bidirectional", layer.bidirectional, false);
    case LayerKind::embedding:
      return fmt::format(", rows: {}, features: {}", layer.table_rows, layer.filters) +
             option<std::int64_t>("lookups", layer.lookups, 1) + option("tied", layer.tied, false);
    case LayerKind::position_embedding:
      return fmt::format(", rows: {}", layer.table_rows) +
             option<std::int64_t>("extra_tokens", layer.extra_tokens, 0);
    case LayerKind::reshape:
    case LayerKind::traffic:
      return ", output: " + shape_map(layer.output_shape);
    default:
      return "";
  }
}

/// The reader is the judge of what a network file may hold.
void check_reads_back(const ImportedNetwork& imported, const std::string& text) {
  try {
    const Network read = parse_network(text, imported.source);
    const Network& written = imported.network;
    bool same = read.layers.size() == written.layers.size();
    for (std::size_t i = 0; same && i < read.layers.size(); ++i) {
      same = forward_macs(read.layers[i]) == forward_macs(written.layers[i]) &&
             read.layers[i].precision == written.layers[i].precision;
    }
    if (!same) throw std::logic_error("an imported network reads back as another one");
  } catch (const BadInput& error) {
    throw BadInput({imported.source, 0, 0}, error.key(), error.fault(),
                   error.allowed() + " (the bounds of configs/networks)");
  }
}

}  // namespace

std::string network_text(const ImportedNetwork& imported, LayerPrecision precision) {
  const Network& network = imported.network;
  std::string text = comment("Made by `nibblesim import` from " + imported.source + ".");
  for (const std::string& note : imported.notes) text += comment(note);
  text += fmt::format("network: {}\ninput: {}\nclasses: {}\nprecision: {}\nlayers:\n", network.name,
                      shape_map(network.input), network.classes, policy(network, precision));
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    text += fmt::format("  - {{name: {}, type: {}{}{}}}\n", layer.name, layer_kind_name(layer.kind),
                        inputs(network, i), keys(layer));
  }
  check_reads_back(imported, text);
  return text;
}

}  // namespace nibble
