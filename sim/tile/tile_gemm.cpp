#include "sim/tile/tile_gemm.h"

#include "models/layers/layer_fault.h"
#include "sim/tile/tile_rtl.h"

namespace nibble {

TileGemm::TileGemm(Engine engine, const TileGeometry& tile,
                   const std::optional<TileGeometry>& fp16_tile)
    : tile_(make_tile_backend(engine, tile)) {
  if (fp16_tile) fp16_tile_ = make_tile_backend(engine, *fp16_tile);
}

void TileGemm::operator()(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  const bool nibbles = call.operands == GemmOperands::nibble;
  // The array knows the integers and radix-4 FP4 of both phases (NUMERICS section 1).
  const bool known = nibbles ? call.arithmetic.stream <= StreamFormat::fp4_odd
                             : call.operands == GemmOperands::fp16;
  TileBackend* tile = nibbles ? tile_.get() : fp16_tile_.get();
  if (tile == nullptr || !known) {
    refuse_layer(call.layer, "no array here multiplies its operands");
  }
  TileCommand command;
  command.precision = nibbles ? TilePrecision::nibble4 : TilePrecision::fp16;
  command.arithmetic = call.arithmetic;
  command.shape = call.shape;
  command.m_end = call.shape.m;
  command.n_end = call.shape.n;
  command.k_end = call.shape.k;
  const TileOperands operands{a, b, c};
  const TileActivity activity = tile->execute(command, &operands);
  ++work_.gemms;
  work_.macs += activity.macs_useful;
  work_.clocks += activity.cycles;
}

std::optional<TileGeometry> widest_built_tile(TilePrecision precision, int lanes) {
  std::optional<TileGeometry> widest;
  for (const TileGeometry& built : built_tiles()) {
    if (built.precision != precision || built.lanes != lanes) continue;
    if (!widest || built.cols > widest->cols) widest = built;
  }
  return widest;
}

}  // namespace nibble
