#include "sim/compiler/mapping_search.h"

#include <algorithm>
#include <stdexcept>

#include "sim/compiler/mapping_cost.h"
#include "sim/compiler/mapping_rules.h"

namespace nibble {
namespace {

void append_sizes(const GemmMapping& base, const GemmShape& shape, const TileGeometry& geometry,
                  bool reduces, std::vector<GemmMapping>& list) {
  const std::int64_t step = geometry.columns();
  std::vector<std::int64_t> rows{0};
  for (std::int64_t size = geometry.acc_rows; size < shape.m && rows.size() < 6; size *= 2) {
    rows.push_back(size);
  }
  std::vector<std::int64_t> columns{0};
  for (std::int64_t size = step; size < shape.n && columns.size() < 6; size *= 2) {
    columns.push_back(size);
  }
  for (const std::int64_t row : rows) {
    for (const std::int64_t column : columns) {
      GemmMapping mapping = base;
      mapping.rows = row;
      mapping.columns = column;
      list.push_back(mapping);
    }
  }
  if (!reduces) return;
  for (std::int64_t depth = 64L * geometry.lanes; depth < shape.k; depth *= 4) {
    GemmMapping mapping = base;
    mapping.depth = depth;
    list.push_back(mapping);
  }
}

std::vector<GemmMapping> candidates(const TilingContext& context, const GemmWork& work) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  const LoweredGemm lowered = lower_conv(work.conv, work.pass).front();
  std::vector<GemmMapping> list;
  for (const GemmMapping& base : plain_mappings(context, work)) {
    append_sizes(base, lowered.shape, geometry, work.pass == GemmPass::wgrad, list);
  }
  return list;
}

}  // namespace

bool operator==(const GemmMapping& a, const GemmMapping& b) {
  return a.split == b.split && a.held == b.held && a.rows == b.rows && a.columns == b.columns &&
         a.depth == b.depth;
}

std::vector<GemmMapping> ranked_mappings(const TilingContext& context, const GemmWork& work,
                                         int count) {
  const GemmMapping rule = mapping_by_rule(context, work);
  std::vector<std::pair<Cycles, GemmMapping>> ranked;
  for (const GemmMapping& mapping : candidates(context, work)) {
    if (mapping == rule) continue;
    try {
      ranked.emplace_back(estimated_cycles(context, work, mapping), mapping);
    } catch (const std::invalid_argument&) {  // does not fit the buffers
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<GemmMapping> best;
  for (const auto& [cycles, mapping] : ranked) {
    if (static_cast<int>(best.size()) == count) break;
    best.push_back(mapping);
  }
  return best;
}

}  // namespace nibble
