#include "sim/tile/model_tile.h"

#include <algorithm>
#include <stdexcept>

#include "models/formats/fp16.h"
#include "models/gemm/gemm.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

struct Range {
  std::int64_t begin, end;
  [[nodiscard]] std::int64_t size() const { return end - begin; }
};

/// Rows and columns of a row-major matrix with rows of `stride`, contiguous: in place or in `copy`.
template <typename Code>
const Code* part_of(const void* matrix, std::int64_t stride, Range rows, Range columns,
                    std::vector<Code>& copy) {
  const auto* codes = static_cast<const Code*>(matrix);
  if (columns.begin == 0 && columns.end == stride) return codes + rows.begin * stride;
  copy.resize(static_cast<std::size_t>(rows.size() * columns.size()));
  auto out = copy.begin();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    out = std::copy(codes + row * stride + columns.begin, codes + row * stride + columns.end, out);
  }
  return copy.data();
}

/// The block's place in C.
void store(const TileCommand& command, std::int64_t group, const Fp16Code* block, Fp16Code* c) {
  const std::int64_t columns = command.n_end - command.n_begin;
  for (std::int64_t row = command.m_begin; row < command.m_end; ++row, block += columns) {
    std::copy_n(block, columns,
                c + (group * command.shape.m + row) * command.shape.n + command.n_begin);
  }
}

void add(std::vector<Fp16Code>& sums, const std::vector<Fp16Code>& terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = fp16_add(sums[i], terms[i]);
}

}  // namespace

void ModelTile::multiply(const TileCommand& command, const TileOperands& operands,
                         std::int64_t group, KRange k, AccumulatorType accumulator,
                         Fp16Code* result) {
  const GemmShape& whole = command.shape;
  const std::int64_t depth = operands.depth(whole);
  const std::int64_t first_row = group * whole.m;
  const Range rows{first_row + command.m_begin, first_row + command.m_end};
  const Range columns{command.n_begin, command.n_end};
  const Range k_of_a{k.begin - operands.k_first, k.end - operands.k_first};
  const Range k_of_b{group * depth + k_of_a.begin, group * depth + k_of_a.end};
  const GemmShape shape{rows.size(), columns.size(), k_of_a.size()};
  GemmArithmetic arithmetic = command.arithmetic;
  arithmetic.accumulator = accumulator;
  if (command.precision == TilePrecision::nibble4) {
    gemm(shape, arithmetic, part_of(operands.a, depth, rows, k_of_a, a4_),
         part_of(operands.b, whole.n, k_of_b, columns, b4_), result);
  } else {
    fp16_gemm(shape, accumulator, arithmetic.chunk_len,
              part_of(operands.a, depth, rows, k_of_a, a16_),
              part_of(operands.b, whole.n, k_of_b, columns, b16_), result);
  }
}

void ModelTile::compute_whole(const TileCommand& command, const TileOperands& operands,
                              std::int64_t group) {
  const std::int64_t rows = command.m_end - command.m_begin;
  const std::int64_t columns = command.n_end - command.n_begin;
  const KRange k{0, command.shape.k};
  const AccumulatorType accumulator = command.arithmetic.accumulator;
  if (columns == command.shape.n) {
    const std::int64_t first_row = group * command.shape.m + command.m_begin;
    multiply(command, operands, group, k, accumulator, operands.c + first_row * columns);
    return;
  }
  block_.resize(static_cast<std::size_t>(rows * columns));
  multiply(command, operands, group, k, accumulator, block_.data());
  store(command, group, block_.data(), operands.c);
}

/// As ChunkAccumulator of models/gemm, but resumed where the part before ended.
void ModelTile::compute_part(const TileCommand& command, const TileOperands& operands) {
  const std::int64_t lanes = geometry_.lanes;
  const std::int64_t group_depth = kChunksPerGroup * lanes;
  const bool two_level =
      command.arithmetic.accumulator == AccumulatorType::fp16x2 && command.shape.k > group_depth;
  const auto elements = static_cast<std::size_t>((command.m_end - command.m_begin) *
                                                 (command.n_end - command.n_begin));
  group_.resize(elements);
  block_.resize(elements);
  const auto products = [&](KRange k, std::vector<Fp16Code>& result) {
    multiply(command, operands, command.g_begin, k, AccumulatorType::fp16, result.data());
  };
  for (std::int64_t k = command.k_begin; k < command.k_end;) {
    const std::int64_t group_begin = two_level ? k / group_depth * group_depth : 0;
    const std::int64_t group_end =
        two_level ? std::min(group_begin + group_depth, command.shape.k) : command.shape.k;
    const std::int64_t end = std::min(group_end, command.k_end);
    if (k == group_begin) {
      products({k, end}, group_);
    } else {
      for (; k < end; k += lanes) {
        products({k, std::min(k + lanes, end)}, block_);
        add(group_, block_);
      }
    }
    k = end;
    if (!two_level || end != group_end) continue;
    if (group_begin == 0) {
      total_ = group_;
    } else {
      add(total_, group_);
    }
  }
  if (command.k_end != command.shape.k) return;
  store(command, command.g_begin, (two_level ? total_ : group_).data(), operands.c);
}

TileActivity ModelTile::execute(const TileCommand& command, const TileOperands* operands) {
  const TileActivity activity = tile_activity(command, geometry_);
  if (operands == nullptr) throw std::invalid_argument("the model tile needs operands");
  if (command.k_begin != 0 || command.k_end != command.shape.k) {
    compute_part(command, *operands);
    return activity;
  }
  for (std::int64_t group = command.g_begin; group < command.g_end; ++group) {
    compute_whole(command, *operands, group);
  }
  return activity;
}

}  // namespace nibble
