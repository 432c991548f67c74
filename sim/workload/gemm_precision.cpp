#include "sim/workload/gemm_precision.h"

#include <stdexcept>

namespace nibble {

TilePrecision gemm_precision(LayerPrecision precision, GemmPass pass) {
  constexpr TilePrecision k4 = TilePrecision::nibble4, k8 = TilePrecision::fp8,
                          k16 = TilePrecision::fp16;
  const auto choose = [&](TilePrecision forward, TilePrecision dgrad, TilePrecision wgrad) {
    return pass == GemmPass::forward ? forward : pass == GemmPass::dgrad ? dgrad : wgrad;
  };
  switch (precision) {
    case LayerPrecision::int4_fp4:
      return choose(k4, k4, k4);
    case LayerPrecision::fp16:
      return choose(k16, k16, k16);
    case LayerPrecision::fp8:
      return choose(k8, k8, k8);
    case LayerPrecision::int4_fp8:
      return choose(k4, k8, k8);
    case LayerPrecision::int4_fp16:
      return choose(k4, k16, k16);
    case LayerPrecision::int4_fp4_dw_fp8:
      return choose(k4, k4, k8);
    case LayerPrecision::int4_fp8_dw_fp4:
      return choose(k4, k8, k4);
  }
  throw std::logic_error("unknown precision");
}

TilePrecision gemm_precision(LayerPrecision precision, GemmPass pass, ChipPrecision chip) {
  switch (chip) {
    case ChipPrecision::nibble4:
      return gemm_precision(precision, pass);
    case ChipPrecision::fp16:
      return TilePrecision::fp16;
    case ChipPrecision::fp8:
      return precision == LayerPrecision::fp16 ? TilePrecision::fp16 : TilePrecision::fp8;
  }
  throw std::logic_error("unknown chip precision");
}

}  // namespace nibble
