// What files and messages call the kinds and precisions of layers.
#pragma once

#include <string_view>

#include "models/formats/names.h"
#include "models/layers/network.h"

namespace nibble {

inline constexpr Named<LayerKind> kLayerKindNames[] = {
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

inline constexpr Named<LayerPrecision> kLayerPrecisionNames[] = {
    {"int4_fp4", LayerPrecision::int4_fp4},
    {"fp16", LayerPrecision::fp16},
    {"fp8", LayerPrecision::fp8},
    {"int4_fp8", LayerPrecision::int4_fp8},
    {"int4_fp16", LayerPrecision::int4_fp16},
    {"int4_fp4_dw_fp8", LayerPrecision::int4_fp4_dw_fp8},
    {"int4_fp8_dw_fp4", LayerPrecision::int4_fp8_dw_fp4},
};

[[nodiscard]] constexpr std::string_view layer_kind_name(LayerKind kind) {
  return name_of(kLayerKindNames, kind);
}

[[nodiscard]] constexpr std::string_view layer_precision_name(LayerPrecision precision) {
  return name_of(kLayerPrecisionNames, precision);
}

}  // namespace nibble
