#include "sim/driver/validate/tile_port_model.h"

#include "models/formats/fp4.h"
#include "sim/tile/tile_timing.h"

namespace nibble {

TilePortModel::TilePortModel(const TileGeometry& geometry)
    : geometry_(geometry),
      lanes_(static_cast<std::size_t>(geometry.lanes)),
      cols_(static_cast<std::size_t>(geometry.cols)),
      shadow_(lanes_ * cols_),
      active_(lanes_ * cols_),
      acc_(static_cast<std::size_t>(geometry.acc_rows), std::vector<Fp16Code>(cols_)),
      bank_(acc_) {}

Fp16Code TilePortModel::chunk(const TilePorts& ports, const Codes& codes,
                              std::size_t column) const {
  if (geometry_.precision == TilePrecision::fp16) {
    Fp16Code sum = 0;
    for (std::size_t l = 0; l < lanes_; ++l) {
      sum = fp16_fma(codes.a_row[l], active_[l * cols_ + column], sum);
    }
    return sum;
  }
  std::int64_t sum = 0;
  for (std::size_t l = 0; l < lanes_; ++l) {
    const auto a = static_cast<NibbleCode>(codes.a_row[l]);
    const auto b = static_cast<NibbleCode>(active_[l * cols_ + column]);
    const int a_value =
        ports.a_format == 0 ? u4_value(a) : (ports.a_format == 1 ? s4_value(a) : fp4_units(a));
    sum += a_value * (active_signed_ ? s4_value(b) : u4_value(b));
  }
  return fp16_from_scaled_integer(sum, chunk_exponent(static_cast<StreamFormat>(ports.a_format)));
}

void TilePortModel::take_row(const TilePorts& ports, const Codes& codes) {
  if (ports.a_swap) {
    active_ = shadow_;
    active_signed_ = shadow_signed_;
  }
  std::vector<Fp16Code>& acc = acc_[static_cast<std::size_t>(ports.a_acc)];
  std::vector<Fp16Code>& bank = bank_[static_cast<std::size_t>(ports.a_acc)];
  for (std::size_t c = 0; c < cols_; ++c) {
    if (ports.a_fold) {
      bank[c] = fp16_add(ports.a_first ? Fp16Code{0} : bank[c], acc[c]);
    } else {
      acc[c] = fp16_add(ports.a_first ? Fp16Code{0} : acc[c], chunk(ports, codes, c));
    }
  }
  if (ports.a_last) {
    due_.push_back(
        {now_ + tile_latency(geometry_), {true, ports.a_acc, ports.a_fold ? bank : acc}});
  }
}

TilePortModel::Result TilePortModel::clock(const TilePorts& ports, const Codes& codes) {
  if (ports.a_valid) take_row(ports, codes);
  if (ports.b_row != nullptr) {
    for (std::size_t c = 0; c < cols_; ++c) {
      shadow_[static_cast<std::size_t>(ports.b_lane) * cols_ + c] = codes.b_row[c];
    }
    shadow_signed_ = ports.b_signed;
  }
  Result result;
  if (!due_.empty() && due_.front().clock == now_) {
    result = std::move(due_.front().result);
    due_.pop_front();
  }
  ++now_;
  return result;
}

}  // namespace nibble
