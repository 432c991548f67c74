#include "sim/compiler/block_sizes.h"

#include <algorithm>
#include <utility>

#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

constexpr std::int64_t kSmallestRows = 16;

std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }

/// `size`, its half and so on down to `step`, in multiples of it; or the pinned size alone.
std::vector<std::int64_t> halves(std::int64_t size, std::int64_t pinned, std::int64_t step) {
  if (pinned > 0) return {pinned};
  std::vector<std::int64_t> list{size};
  while (list.back() > step) list.push_back(round_up(list.back() / 2, step));
  return list;
}

/// A size that is not pinned, or pinned to no less than all there is.
bool may_be_whole(std::int64_t pinned, std::int64_t size) { return pinned == 0 || pinned >= size; }

class Candidates {
 public:
  Candidates(const LoweredGemm& lowered, const GemmMapping& mapping, const TileGeometry& geometry,
             const GemmBlock& largest)
      : lowered_(lowered),
        mapping_(mapping),
        geometry_(geometry),
        largest_(largest),
        column_step_(geometry.columns()),
        reduces_(lowered.pass == GemmPass::wgrad) {}

  [[nodiscard]] std::vector<BlockSizes> list();

 private:
  void add_groups();
  void add_rows(std::int64_t groups, std::int64_t columns);
  void add_streamed();
  void add_reductions();

  const LoweredGemm& lowered_;
  const GemmMapping& mapping_;
  const TileGeometry& geometry_;
  const GemmBlock& largest_;
  std::int64_t column_step_;
  bool reduces_;
  std::vector<BlockSizes> sizes_;
};

/// Several groups a block, each of them whole but for the rows that stream.
void Candidates::add_groups() {
  const bool independent = independent_groups(lowered_.conv);
  const bool whole_groups = independent || reduces_;
  const bool whole = may_be_whole(mapping_.columns, largest_.n_end) &&
                     may_be_whole(mapping_.depth, largest_.k_end) &&
                     (!whole_groups || may_be_whole(mapping_.rows, largest_.m_end));
  if (!whole) return;
  std::int64_t groups = largest_.g_end;
  if (independent) groups = ceil_div(groups, kBlocksAnOperation);
  for (; groups > 1; groups /= 2) {
    if (whole_groups) {
      sizes_.push_back({groups, lowered_.shape.m, lowered_.shape.n, lowered_.shape.k});
    } else {
      add_rows(groups, lowered_.shape.n);
    }
  }
}

/// forward and dgrad: rows of A stream past weights that are held; ever fewer rows.
void Candidates::add_rows(std::int64_t groups, std::int64_t columns) {
  const std::int64_t accumulators = geometry_.acc_rows;
  if (mapping_.rows > 0) {
    sizes_.push_back({groups, mapping_.rows, columns, lowered_.shape.k});
    return;
  }
  const std::int64_t wanted =
      accumulators * ceil_div(ceil_div(largest_.m_end, accumulators), kBlocksAnOperation);
  const std::int64_t fewest = std::min(kSmallestRows, wanted);
  for (std::int64_t rows = wanted; rows >= fewest; rows /= 2) {
    if (rows > accumulators) rows = rows / accumulators * accumulators;
    sizes_.push_back({groups, rows, columns, lowered_.shape.k});
  }
}

void Candidates::add_streamed() {
  if (!may_be_whole(mapping_.depth, largest_.k_end)) return;
  for (std::int64_t columns = mapping_.columns > 0 ? mapping_.columns : largest_.n_end;;
       columns = round_up(columns / 2, column_step_)) {
    add_rows(1, columns);
    if (columns <= column_step_ || mapping_.columns > 0) break;
  }
}

/// wgrad: all of dW, a slice of its columns or rows, or blocks.
void Candidates::add_reductions() {
  const std::int64_t m = largest_.m_end;
  const std::int64_t n = largest_.n_end;
  const std::int64_t k = largest_.k_end;
  const std::int64_t accumulators = geometry_.acc_rows;
  if (!may_be_whole(mapping_.depth, k)) return;
  // Parts of a sum go round while the next block computes, so there should be some.
  const bool summed = mapping_.split == CoreSplit::depth;
  const std::int64_t widest =
      summed ? std::min(n, round_up(ceil_div(n, kBlocksAnOperation), column_step_)) : n;
  const std::vector<std::int64_t> widths = halves(widest, mapping_.columns, column_step_);
  const std::vector<std::int64_t> heights = halves(m, mapping_.rows, accumulators);
  for (const std::int64_t columns : widths) sizes_.push_back({1, heights.front(), columns, k});
  for (const std::int64_t rows : heights) sizes_.push_back({1, rows, widths.front(), k});
  for (const std::int64_t columns : widths) {
    for (const std::int64_t rows : heights) sizes_.push_back({1, rows, columns, k});
  }
}

std::vector<BlockSizes> Candidates::list() {
  add_groups();
  if (reduces_) {
    add_reductions();
  } else {
    add_streamed();
  }
  return std::move(sizes_);
}

}  // namespace

std::vector<BlockSizes> block_sizes(const LoweredGemm& lowered, const GemmMapping& mapping,
                                    const TileGeometry& geometry, const GemmBlock& largest) {
  return Candidates(lowered, mapping, geometry, largest).list();
}

std::vector<BlockSizes> reduction_part_shapes(const GemmMapping& mapping,
                                              const TileGeometry& geometry,
                                              const GemmBlock& largest) {
  const std::int64_t step = geometry.columns();
  std::vector<BlockSizes> shapes;
  const auto add = [&](std::int64_t most_rows, std::int64_t columns) {
    const std::int64_t rows = std::min(mapping.rows > 0 ? mapping.rows : most_rows, largest.m_end);
    const bool fits = rows > 0 && rows * ceil_div(columns, step) <= geometry.acc_rows;
    if (fits) shapes.push_back({1, rows, columns, largest.k_end});
  };
  if (mapping.columns > 0) {
    const std::int64_t columns = std::min(mapping.columns, largest.n_end);
    add(geometry.acc_rows / ceil_div(columns, step), columns);
    return shapes;
  }
  const std::int64_t hides_load = std::min<std::int64_t>(tile_load_cycles(geometry), largest.m_end);
  for (std::int64_t blocks = 1; blocks == 1 || geometry.acc_rows / blocks >= hides_load;
       blocks *= 2) {
    add(geometry.acc_rows / blocks, std::min(blocks * step, largest.n_end));
  }
  return shapes;
}

std::vector<BlockSizes> reduction_parts(const BlockSizes& shape, const GemmMapping& mapping,
                                        const TileGeometry& geometry) {
  std::vector<BlockSizes> sizes;
  const std::int64_t lanes = geometry.lanes;
  if (mapping.depth % lanes != 0 && mapping.depth < shape.depth) return sizes;
  for (const std::int64_t depth : halves(round_up(shape.depth, lanes), mapping.depth, lanes)) {
    sizes.push_back({shape.groups, shape.rows, shape.columns, depth});
  }
  return sizes;
}

std::vector<BlockSizes> last_block_sizes(const LoweredGemm& lowered, const GemmMapping& mapping,
                                         const TileGeometry& geometry) {
  std::vector<BlockSizes> list;
  if (lowered.pass == GemmPass::wgrad || mapping.rows > 0) return list;
  const std::int64_t step = geometry.columns();
  const std::int64_t columns = mapping.columns > 0 ? mapping.columns : step;
  const std::int64_t few = std::min<std::int64_t>(kSmallestRows, geometry.acc_rows) / 2;
  const auto add = [&](std::int64_t depth) {
    for (std::int64_t rows = few; rows > 0; rows /= 2) list.push_back({1, rows, columns, depth});
  };
  if (mapping.depth == 0) add(lowered.shape.k);
  const bool in_accumulators = columns <= step && mapping.depth % geometry.lanes == 0;
  if (in_accumulators) add(mapping.depth > 0 ? mapping.depth : geometry.lanes);
  return list;
}

}  // namespace nibble
