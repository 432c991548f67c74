// The array's arithmetic units one by one, Verilated (rtl/nb_probe.sv): what `nibblesim validate`
// compares with exact arithmetic. No Verilated header leaves verilated_probe.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"
#include "models/quantize/fp4_quantize.h"

namespace nibble {

class RtlProbe {
 public:
  RtlProbe();
  ~RtlProbe();
  RtlProbe(const RtlProbe&) = delete;
  RtlProbe& operator=(const RtlProbe&) = delete;

  static constexpr int kSums = 64;
  /// The chunk rounder of a tile with `lanes` 16, 32 or 64: fp16((first_sum + i) * 2^unit) for i in
  /// [0, kSums), unit 0, -6 or -7. Sums wrap at the tile's own width of 17 + log2(lanes) bits.
  [[nodiscard]] std::array<Fp16Code, kSums> chunk_round(int lanes, std::int32_t first_sum,
                                                        int unit);

  [[nodiscard]] Fp16Code add(Fp16Code a, Fp16Code b);
  [[nodiscard]] Fp16Code fma(Fp16Code a, Fp16Code b, Fp16Code c);
  [[nodiscard]] Fp16Code round32(std::uint32_t single_bits);

  /// Precondition: -128 <= gradscale <= 127.
  [[nodiscard]] NibbleCode fp4(Fp16Code x, Fp4Phase phase, int gradscale, Fp4Tie tie);
  [[nodiscard]] NibbleCode pact(Fp16Code x, Fp16Code scale);
  [[nodiscard]] NibbleCode s4(Fp16Code x, Fp16Code scale);
  [[nodiscard]] NibbleCode sawb(std::uint32_t single_bits, Fp16Code scale);

 private:
  class Model;
  std::unique_ptr<Model> model_;
};

}  // namespace nibble
