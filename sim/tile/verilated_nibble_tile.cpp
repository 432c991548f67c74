// The three geometries of nb_tile that rtl/tile.cmake Verilates.
#include <cstring>
#include <stdexcept>
#include <string>

#include "VNbTile16.h"
#include "VNbTile32.h"
#include "VNbTile64.h"
#include "sim/tile/tile_rtl.h"

namespace nibble {
namespace {

constexpr int kBuiltAccRows = 128;

template <typename Model>
class NibbleTileRtl final : public TileRtl {
 public:
  NibbleTileRtl() : model_(&context_, "tile") {
    model_.rst_ni = 0;
    clock(TilePorts{});
    clock(TilePorts{});
    model_.rst_ni = 1;
  }
  ~NibbleTileRtl() override { model_.final(); }
  NibbleTileRtl(const NibbleTileRtl&) = delete;
  NibbleTileRtl& operator=(const NibbleTileRtl&) = delete;

  TileRtlResult clock(const TilePorts& ports) override {
    model_.b_valid_i = ports.b_row != nullptr;
    if (ports.b_row != nullptr) {
      std::memcpy(&model_.b_row_i, ports.b_row, sizeof(model_.b_row_i));
      model_.b_lane_i = static_cast<CData>(ports.b_lane);
      model_.b_signed_i = ports.b_signed;
    }
    model_.a_valid_i = ports.a_valid;
    if (ports.a_valid) {
      model_.a_swap_i = ports.a_swap;
      model_.a_fold_i = ports.a_fold;
      model_.a_first_i = ports.a_first;
      model_.a_last_i = ports.a_last;
      model_.a_format_i = static_cast<CData>(ports.a_format);
      model_.a_acc_i = static_cast<CData>(ports.a_acc);
      if (!ports.a_fold) std::memcpy(&model_.a_row_i, ports.a_row, sizeof(model_.a_row_i));
    }
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
    return {model_.c_valid_o != 0, model_.c_acc_o,
            reinterpret_cast<const std::uint32_t*>(&model_.c_row_o)};
  }

 private:
  VerilatedContext context_;
  Model model_;
};

}  // namespace

std::unique_ptr<TileRtl> make_nibble_tile_rtl(const TileGeometry& geometry) {
  if (geometry.lanes == geometry.cols && geometry.acc_rows == kBuiltAccRows) {
    if (geometry.lanes == 16) return std::make_unique<NibbleTileRtl<VNbTile16>>();
    if (geometry.lanes == 32) return std::make_unique<NibbleTileRtl<VNbTile32>>();
    if (geometry.lanes == 64) return std::make_unique<NibbleTileRtl<VNbTile64>>();
  }
  throw std::invalid_argument("no Verilated tile of " + std::to_string(geometry.lanes) +
                              " lanes x " + std::to_string(geometry.cols) + " columns with " +
                              std::to_string(geometry.acc_rows) +
                              " accumulator rows; built are 16x16, 32x32 and 64x64 with 128");
}

}  // namespace nibble
