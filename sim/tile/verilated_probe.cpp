#include <cstring>
#include <stdexcept>

#include "VNbProbe.h"
#include "sim/tile/rtl_probe.h"

namespace nibble {

class RtlProbe::Model {
 public:
  /// The first evaluation only settles: an edge needs a clock that was seen low.
  Model() : ports(&context_, "probe") { ports.eval(); }
  ~Model() { ports.final(); }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// One clock of one unit.
  void clock(CData& clk) {
    clk = 1;
    ports.eval();
    clk = 0;
    ports.eval();
  }

 private:
  VerilatedContext context_;

 public:
  VNbProbe ports;
};

RtlProbe::RtlProbe() : model_(std::make_unique<Model>()) {}
RtlProbe::~RtlProbe() = default;

std::array<Fp16Code, RtlProbe::kSums> RtlProbe::chunk_round(int lanes, std::int32_t first_sum,
                                                            int unit) {
  VNbProbe& ports = model_->ports;
  ports.round_sum_i = static_cast<IData>(first_sum) & 0x7FFFFFU;
  ports.round_unit_i = static_cast<CData>(unit & 0x3F);
  std::array<Fp16Code, kSums> result{};
  const auto run = [&](CData& clk, const VlWide<32>& output) {
    model_->clock(clk);
    std::memcpy(result.data(), output.data(), sizeof result);
  };
  switch (lanes) {
    case 64:
      run(ports.round64_clk_i, ports.round64_o);
      return result;
    case 32:
      run(ports.round32_clk_i, ports.round32_o);
      return result;
    case 16:
      run(ports.round16_clk_i, ports.round16_o);
      return result;
    default:
      throw std::invalid_argument("chunk rounder: lanes must be 16, 32 or 64");
  }
}

Fp16Code RtlProbe::add(Fp16Code a, Fp16Code b) {
  model_->ports.a_i = a;
  model_->ports.b_i = b;
  model_->clock(model_->ports.add_clk_i);
  return model_->ports.add_o;
}

Fp16Code RtlProbe::fma(Fp16Code a, Fp16Code b, Fp16Code c) {
  model_->ports.a_i = a;
  model_->ports.b_i = b;
  model_->ports.c_i = c;
  model_->clock(model_->ports.fma_clk_i);
  return model_->ports.fma_o;
}

Fp16Code RtlProbe::round32(std::uint32_t single_bits) {
  model_->ports.single_i = single_bits;
  model_->clock(model_->ports.single_clk_i);
  return model_->ports.single_o;
}

NibbleCode RtlProbe::fp4(Fp16Code x, Fp4Phase phase, int gradscale, Fp4Tie tie) {
  model_->ports.a_i = x;
  model_->ports.phase_i = phase == Fp4Phase::odd;
  model_->ports.gradscale_i = static_cast<CData>(gradscale & 0xFF);
  model_->clock(model_->ports.fp4_clk_i);
  return tie == Fp4Tie::up ? model_->ports.fp4_up_o : model_->ports.fp4_down_o;
}

NibbleCode RtlProbe::pact(Fp16Code x, Fp16Code scale) {
  model_->ports.a_i = x;
  model_->ports.b_i = scale;
  model_->clock(model_->ports.int4_clk_i);
  return model_->ports.pact_o;
}

NibbleCode RtlProbe::s4(Fp16Code x, Fp16Code scale) {
  model_->ports.a_i = x;
  model_->ports.b_i = scale;
  model_->clock(model_->ports.int4_clk_i);
  return model_->ports.s4_o;
}

NibbleCode RtlProbe::sawb(std::uint32_t single_bits, Fp16Code scale) {
  model_->ports.single_i = single_bits;
  model_->ports.a_i = scale;
  model_->clock(model_->ports.sawb_clk_i);
  return model_->ports.sawb_o;
}

}  // namespace nibble
