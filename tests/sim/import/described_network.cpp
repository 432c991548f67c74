#include "described_network.h"

#include <fmt/format.h>

#include "models/layers/layer_names.h"
#include "sim/base/bad_input.h"

namespace nibble {
namespace {

std::string sizes(const Layer& layer) {
  std::string text;
  switch (layer.kind) {
    case LayerKind::conv:
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      text = fmt::format("{}/{}", layer.kernel, layer.stride);
      if (layer.padding > 0) text += fmt::format("p{}", layer.padding);
      if (layer.groups > 1) text += fmt::format("g{}", layer.groups);
      break;
    case LayerKind::embedding:
    case LayerKind::position_embedding:
      text = fmt::format("{}", layer.table_rows);
      if (layer.extra_tokens > 0) text += fmt::format("+{}", layer.extra_tokens);
      break;
    case LayerKind::matmul:
      text = fmt::format("h{}{}", layer.heads, layer.transpose_b ? "T" : "");
      break;
    default:
      break;
  }
  if (layer.bias) text += "b";
  if (layer.tied) text += "t";
  if (layer.shortcut) text += "s";
  return text;
}

bool is_pact(const Layer& layer) {
  return layer.kind == LayerKind::pact_signed ||
         (layer.kind == LayerKind::pact && layer.name.find(".act") != std::string::npos);
}

std::vector<std::string> lines(const Network& network, bool pacts) {
  const auto name_of = [&](int index) {
    while (!pacts && index >= 0 && is_pact(network.layers[static_cast<std::size_t>(index)])) {
      index = network.layers[static_cast<std::size_t>(index)].inputs.front();
    }
    return index < 0 ? "input" : network.layers[static_cast<std::size_t>(index)].name;
  };
  std::vector<std::string> result;
  for (const Layer& layer : network.layers) {
    if (!pacts && is_pact(layer)) continue;
    std::string inputs;
    for (const int input : layer.inputs) inputs += (inputs.empty() ? "" : ",") + name_of(input);
    result.push_back(fmt::format("{} {}{}({}) {}x{}x{}", layer.name, layer_kind_name(layer.kind),
                                 sizes(layer), inputs, layer.output_shape.h, layer.output_shape.w,
                                 layer.output_shape.c));
  }
  return result;
}

}  // namespace

std::vector<std::string> described(const Network& network) { return lines(network, true); }

std::vector<std::string> described_without_pacts(const Network& network) {
  return lines(network, false);
}

std::string fault_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

}  // namespace nibble
