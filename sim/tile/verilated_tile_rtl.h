// TileRtl over a Verilated class of nb_tile or nb_fp16_tile. Only for verilated_*.cpp, which
// include the class's header before this one.
#pragma once

#include <cstring>
#include <type_traits>

#include "sim/tile/tile_rtl.h"

namespace nibble {

template <typename Model, typename = void>
struct HasFormats : std::false_type {};
template <typename Model>
struct HasFormats<Model, std::void_t<decltype(std::declval<Model&>().a_format_i)>>
    : std::true_type {};

/// `Interface`: TileRtl, or what adds to it.
template <typename Model, typename Interface = TileRtl>
class VerilatedTileRtl : public Interface {
 public:
  VerilatedTileRtl() : model_(&context_, "tile") {
    model_.rst_ni = 0;
    drive(TilePorts{});
    edge();
    edge();
    model_.rst_ni = 1;
  }
  ~VerilatedTileRtl() override { model_.final(); }
  VerilatedTileRtl(const VerilatedTileRtl&) = delete;
  VerilatedTileRtl& operator=(const VerilatedTileRtl&) = delete;

  TileRtlResult clock(const TilePorts& ports) override {
    drive(ports);
    edge();
    return result();
  }

 protected:
  void drive(const TilePorts& ports) {
    model_.b_valid_i = ports.b_row != nullptr;
    if (ports.b_row != nullptr) {
      std::memcpy(&model_.b_row_i, ports.b_row, sizeof(model_.b_row_i));
      model_.b_lane_i = static_cast<CData>(ports.b_lane);
      if constexpr (HasFormats<Model>::value) model_.b_signed_i = ports.b_signed;
    }
    model_.a_valid_i = ports.a_valid;
    if (ports.a_valid) {
      model_.a_swap_i = ports.a_swap;
      model_.a_fold_i = ports.a_fold;
      model_.a_first_i = ports.a_first;
      model_.a_last_i = ports.a_last;
      model_.a_acc_i = static_cast<CData>(ports.a_acc);
      if constexpr (HasFormats<Model>::value) {
        model_.a_format_i = static_cast<CData>(ports.a_format);
      }
      if (!ports.a_fold) std::memcpy(&model_.a_row_i, ports.a_row, sizeof(model_.a_row_i));
    }
  }
  void edge() {
    set_clock(1);
    set_clock(0);
  }
  void set_clock(int level) {
    model_.clk_i = static_cast<CData>(level);
    model_.eval();
  }
  [[nodiscard]] TileRtlResult result() {
    return {model_.c_valid_o != 0, model_.c_acc_o,
            reinterpret_cast<const std::uint32_t*>(&model_.c_row_o)};
  }

  VerilatedContext context_;
  Model model_;
};

}  // namespace nibble
