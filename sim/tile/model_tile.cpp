#include "sim/tile/model_tile.h"

#include <algorithm>
#include <stdexcept>

#include "models/gemm/gemm.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

/// Columns [n_begin, n_end) of a row-major [rows, n] matrix.
template <typename Code>
const Code* gather_columns(const Code* codes, std::int64_t rows, std::int64_t n,
                           std::int64_t n_begin, std::int64_t n_end, std::vector<Code>& block) {
  if (n_begin == 0 && n_end == n) return codes;
  block.resize(static_cast<std::size_t>(rows * (n_end - n_begin)));
  auto out = block.begin();
  for (std::int64_t row = 0; row < rows; ++row) {
    out = std::copy(codes + row * n + n_begin, codes + row * n + n_end, out);
  }
  return block.data();
}

}  // namespace

void ModelTile::compute_block(const TileCommand& command, const TileOperands& operands,
                              std::int64_t group) {
  const GemmShape& whole = command.shape;
  const GemmShape block{command.m_end - command.m_begin, command.n_end - command.n_begin, whole.k};
  const bool all_columns = block.n == whole.n;
  const std::int64_t first_row = group * whole.m + command.m_begin;
  const std::int64_t first_b = group * whole.k * whole.n;
  Fp16Code* c = operands.c + first_row * whole.n;
  if (!all_columns) c_.resize(static_cast<std::size_t>(block.m * block.n));
  Fp16Code* result = all_columns ? c : c_.data();

  if (command.precision == TilePrecision::nibble4) {
    const auto* a = static_cast<const NibbleCode*>(operands.a) + first_row * whole.k;
    const NibbleCode* b = gather_columns(static_cast<const NibbleCode*>(operands.b) + first_b,
                                         whole.k, whole.n, command.n_begin, command.n_end, b4_);
    gemm(block, command.arithmetic, a, b, result);
  } else {
    const auto* a = static_cast<const Fp16Code*>(operands.a) + first_row * whole.k;
    const Fp16Code* b = gather_columns(static_cast<const Fp16Code*>(operands.b) + first_b, whole.k,
                                       whole.n, command.n_begin, command.n_end, b16_);
    fp16_gemm(block, command.arithmetic.accumulator, command.arithmetic.chunk_len, a, b, result);
  }
  if (all_columns) return;
  for (std::int64_t row = 0; row < block.m; ++row) {
    std::copy_n(result + row * block.n, block.n, c + row * whole.n + command.n_begin);
  }
}

TileActivity ModelTile::execute(const TileCommand& command, const TileOperands* operands) {
  const TileActivity activity = tile_activity(command, geometry_);
  if (operands == nullptr) throw std::invalid_argument("the model tile needs operands");
  if (command.k_end != command.shape.k) return activity;
  for (std::int64_t group = command.g_begin; group < command.g_end; ++group) {
    compute_block(command, *operands, group);
  }
  return activity;
}

}  // namespace nibble
