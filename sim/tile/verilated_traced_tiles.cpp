// TracedTileRtl over the Verilated classes that were made with tracing; rtl/{tile,fp16}.cmake list
// them, and they are of the same geometries as the others.
#include <stdexcept>

#include <verilated_fst_c.h>

#include "built_fp16_traced_tiles.h"
#include "built_nibble_traced_tiles.h"
#include "gtkwave/fstapi.h"
#include "sim/tile/traced_tile_rtl.h"
#include "sim/tile/verilated_tile_rtl.h"

namespace nibble {
namespace {

/// The writer ignores a full disk; a reader notices what is missing.
bool is_whole(const std::string& file) {
  void* const reader = fstReaderOpen(file.c_str());
  if (reader == nullptr) return false;
  fstReaderClose(reader);
  return true;
}

template <typename Model>
class VerilatedTracedTile final : public VerilatedTileRtl<Model, TracedTileRtl> {
  using Tile = VerilatedTileRtl<Model, TracedTileRtl>;

 public:
  void start(const std::string& file, std::int64_t begin_ps, std::int64_t period_ps) override {
    this->context_.traceEverOn(true);
    this->model_.trace(&fst_, kAllLevels);
    fst_.set_time_unit("1ps");
    fst_.set_time_resolution("1ps");
    fst_.open(file.c_str());
    if (!fst_.isOpen()) throw std::runtime_error("cannot be written");
    file_ = file;
    now_ps_ = begin_ps;
    period_ps_ = period_ps;
  }
  void stop() override {
    fst_.dump(static_cast<std::uint64_t>(now_ps_));
    fst_.close();
    if (!is_whole(file_)) throw std::runtime_error("cannot be written whole");
  }
  TileRtlResult clock(const TilePorts& ports) override {
    if (!fst_.isOpen()) return Tile::clock(ports);
    this->drive(ports);
    this->set_clock(0);
    fst_.dump(static_cast<std::uint64_t>(now_ps_));
    this->set_clock(1);
    fst_.dump(static_cast<std::uint64_t>(now_ps_ + period_ps_ / 2));
    this->set_clock(0);
    now_ps_ += period_ps_;
    return this->result();
  }

 private:
  static constexpr int kAllLevels = 99;
  VerilatedFstC fst_;
  std::string file_;
  std::int64_t now_ps_ = 0, period_ps_ = 0;
};

struct TracedTile {
  TileGeometry geometry;
  std::unique_ptr<TracedTileRtl> (*make)();
};

template <typename Model>
std::unique_ptr<TracedTileRtl> make() {
  return std::make_unique<VerilatedTracedTile<Model>>();
}

#define NIBBLE_TILE(lanes, cols, acc_rows, Model) \
  {{TilePrecision::nibble4, lanes, cols, acc_rows, 1}, &make<Model>},
#define NIBBLE_FP16_TILE(lanes, cols, acc_rows, Model) \
  {{TilePrecision::fp16, lanes, cols, acc_rows, 1}, &make<Model>},
constexpr TracedTile kTraced[] = {
    // clang-format off
    NIBBLE_BUILT_NIBBLE_TRACED_TILES(NIBBLE_TILE)
    NIBBLE_BUILT_FP16_TRACED_TILES(NIBBLE_FP16_TILE)
    // clang-format on
};
#undef NIBBLE_TILE
#undef NIBBLE_FP16_TILE

}  // namespace

std::unique_ptr<TracedTileRtl> make_traced_tile_rtl(const TileGeometry& geometry) {
  for (const auto& [traced, make] : kTraced) {
    if (traced.precision == geometry.precision && traced.lanes == geometry.lanes &&
        traced.cols == geometry.cols && traced.acc_rows == geometry.acc_rows) {
      return make();
    }
  }
  (void)make_tile_rtl(geometry);  // says which are built
  throw std::logic_error("a tile is built without its traced twin");
}

}  // namespace nibble
