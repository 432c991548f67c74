// Which array a GEMM runs on, and which part of it each core computes.
#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/tiling.h"

namespace nibble {

GemmArray array_for(const CompilerTarget& target, TilePrecision precision) {
  const bool small = precision != TilePrecision::nibble4 && target.fp16_tile;
  const TileGeometry geometry = (small ? *target.fp16_tile : target.tile).running(precision);
  if (geometry.precision != precision) {
    throw std::invalid_argument(fmt::format(
        "the layer is kept in {} and the chip has no array for it, allowed a chip with fp16_tile "
        "or precision int4_fp4",
        precision == TilePrecision::fp8 ? "fp8" : "fp16"));
  }
  return {small ? Unit::fp16_tile : Unit::tile, geometry};
}

GemmBlock core_part(const TilingContext& context, const GemmWork& work, const LoweredGemm& lowered,
                    CoreSplit split, int core) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  GemmBlock part = whole_gemm(lowered);
  const int cores = context.sharing.cores();
  // Cuts a dimension at multiples of `unit` if that leaves no core without work.
  const auto cut = [&](std::int64_t& begin, std::int64_t& end, std::int64_t unit) {
    const std::int64_t size = end;
    const std::int64_t units = ceil_div(size, unit);
    const std::int64_t step = units >= cores ? unit : 1;
    const std::int64_t steps = ceil_div(size, step);
    begin = std::min(size, steps * core / cores * step);
    end = std::min(size, steps * (core + 1) / cores * step);
  };
  switch (split) {
    case CoreSplit::rows:
      cut(part.m_begin, part.m_end, 1);
      break;
    case CoreSplit::columns:
      cut(part.n_begin, part.n_end, geometry.columns());
      break;
    case CoreSplit::groups:
      cut(part.g_begin, part.g_end, 1);
      break;
    case CoreSplit::depth: {
      // Cores cut the reduction at chunks: the sums of a part begin with a whole one.
      const std::int64_t chunks = ceil_div(part.k_end, geometry.lanes);
      const std::int64_t size = part.k_end;
      part.k_begin = std::min(size, chunks * core / cores * geometry.lanes);
      part.k_end = std::min(size, chunks * (core + 1) / cores * geometry.lanes);
      break;
    }
  }
  return part;
}

}  // namespace nibble
