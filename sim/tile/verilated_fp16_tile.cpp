// The geometries of nb_fp16_tile that rtl/fp16.cmake Verilates.
#include <cstring>
#include <stdexcept>
#include <string>

#include "VNbFp16Tile16x16.h"
#include "VNbFp16Tile16x4.h"
#include "VNbFp16Tile64x2.h"
#include "VNbFp16Tile64x9.h"
#include "sim/tile/tile_rtl.h"

namespace nibble {
namespace {

constexpr int kBuiltAccRows = 128;

template <typename Model>
class Fp16TileRtl final : public TileRtl {
 public:
  Fp16TileRtl() : model_(&context_, "tile") {
    model_.rst_ni = 0;
    clock(TilePorts{});
    clock(TilePorts{});
    model_.rst_ni = 1;
  }
  ~Fp16TileRtl() override { model_.final(); }
  Fp16TileRtl(const Fp16TileRtl&) = delete;
  Fp16TileRtl& operator=(const Fp16TileRtl&) = delete;

  TileRtlResult clock(const TilePorts& ports) override {
    model_.b_valid_i = ports.b_row != nullptr;
    if (ports.b_row != nullptr) {
      std::memcpy(&model_.b_row_i, ports.b_row, sizeof(model_.b_row_i));
      model_.b_lane_i = static_cast<CData>(ports.b_lane);
    }
    model_.a_valid_i = ports.a_valid;
    if (ports.a_valid) {
      model_.a_swap_i = ports.a_swap;
      model_.a_fold_i = ports.a_fold;
      model_.a_first_i = ports.a_first;
      model_.a_last_i = ports.a_last;
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

std::unique_ptr<TileRtl> make_fp16_tile_rtl(const TileGeometry& geometry) {
  const auto is = [&](int lanes, int cols) {
    return geometry.lanes == lanes && geometry.cols == cols && geometry.acc_rows == kBuiltAccRows;
  };
  if (is(16, 4)) return std::make_unique<Fp16TileRtl<VNbFp16Tile16x4>>();
  if (is(64, 2)) return std::make_unique<Fp16TileRtl<VNbFp16Tile64x2>>();
  if (is(16, 16)) return std::make_unique<Fp16TileRtl<VNbFp16Tile16x16>>();
  if (is(64, 9)) return std::make_unique<Fp16TileRtl<VNbFp16Tile64x9>>();
  throw std::invalid_argument("no Verilated FP16 tile of " + std::to_string(geometry.lanes) +
                              " lanes x " + std::to_string(geometry.cols) + " columns with " +
                              std::to_string(geometry.acc_rows) +
                              " accumulator rows; built are 16x4, 16x16, 64x2 and 64x9 with 128");
}

}  // namespace nibble
