// What files and messages call the kinds and precisions of layers.
#pragma once

#include <string_view>
#include <utility>

#include "models/layers/network.h"

namespace nibble {

inline constexpr std::pair<std::string_view, LayerKind> kLayerKindNames[] = {
    {"conv", LayerKind::conv},
    {"linear", LayerKind::linear},
    {"batch_norm", LayerKind::batch_norm},
    {"pact", LayerKind::pact},
    {"relu", LayerKind::relu},
    {"add", LayerKind::add},
    {"max_pool", LayerKind::max_pool},
    {"global_avg_pool", LayerKind::global_avg_pool},
    {"pact_signed", LayerKind::pact_signed},
    {"gelu", LayerKind::gelu},
    {"multiply", LayerKind::multiply},
    {"avg_pool", LayerKind::avg_pool},
    {"concat", LayerKind::concat},
    {"layer_norm", LayerKind::layer_norm},
    {"softmax", LayerKind::softmax},
    {"matmul", LayerKind::matmul},
    {"lstm", LayerKind::lstm},
    {"embedding", LayerKind::embedding},
    {"position_embedding", LayerKind::position_embedding},
    {"select_token", LayerKind::select_token},
    {"reshape", LayerKind::reshape},
    {"traffic", LayerKind::traffic},
};

inline constexpr std::pair<std::string_view, LayerPrecision> kLayerPrecisionNames[] = {
    {"int4_fp4", LayerPrecision::int4_fp4},
    {"fp16", LayerPrecision::fp16},
    {"fp8", LayerPrecision::fp8},
    {"int4_fp8", LayerPrecision::int4_fp8},
    {"int4_fp16", LayerPrecision::int4_fp16},
    {"int4_fp4_dw_fp8", LayerPrecision::int4_fp4_dw_fp8},
    {"int4_fp8_dw_fp4", LayerPrecision::int4_fp8_dw_fp4},
};

[[nodiscard]] constexpr std::string_view layer_kind_name(LayerKind kind) {
  for (const auto& [name, named] : kLayerKindNames) {
    if (named == kind) return name;
  }
  return "unknown";
}

[[nodiscard]] constexpr std::string_view layer_precision_name(LayerPrecision precision) {
  for (const auto& [name, named] : kLayerPrecisionNames) {
    if (named == precision) return name;
  }
  return "unknown";
}

}  // namespace nibble
