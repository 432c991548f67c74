#include <algorithm>
#include <array>
#include <deque>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/exact_fp16.h"
#include "sim/tile/port_packing.h"
#include "sim/tile/tile_rtl.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

/// A 4-bit format as NUMERICS section 1 prints it: the value of every code, in units of 2^exponent.
struct FormatTable {
  const char* name;
  std::array<int, 16> values;
  int exponent;
};
constexpr std::array<int, 16> kU4 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::array<int, 16> kS4 = {0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1};
constexpr std::array<int, 16> kFp4 = {0, 1,  4,  16,  64,  256,  1024,  4096,
                                      0, -1, -4, -16, -64, -256, -1024, -4096};
// In the order of the tile's port a_format_i.
constexpr std::array<FormatTable, 4> kStreaming = {
    {{"u4", kU4, 0}, {"s4", kS4, 0}, {"fp4 even", kFp4, -6}, {"fp4 odd", kFp4, -7}}};
constexpr std::array<FormatTable, 2> kStationary = {{{"u4", kU4, 0}, {"s4", kS4, 0}}};

int model_value(int format, NibbleCode code) {
  if (format == 0) return u4_value(code);
  return format == 1 ? s4_value(code) : fp4_units(code);
}

/// One streamed row: a single lane carries a code, the others zero.
struct ProbedRow {
  int format, lane;
  NibbleCode code;
};

class MultiplierCheck {
 public:
  MultiplierCheck(UnitCheck& check, int lanes)
      : check_(check),
        lanes_(static_cast<std::size_t>(lanes)),
        geometry_{TilePrecision::nibble4, lanes, lanes, 128, 1},
        tile_(make_tile_rtl(geometry_)) {}

  /// All pairs in every lane: column c holds stationary code c % 16.
  void run(int stationary) {
    stationary_ = stationary;
    load();
    bool swap = true;
    for (int format = 0; format < 4; ++format) {
      for (int lane = 0; lane < static_cast<int>(lanes_); ++lane) {
        for (NibbleCode code = 0; code < 16; ++code) {
          stream({format, lane, code}, swap);
          swap = false;
        }
      }
    }
    for (Cycles i = 0; i < tile_latency(geometry_); ++i) clock({});
    if (rows_.empty()) return;
    check_.expect(false, [&] {
      return fmt::format("{} lanes: {} result rows are missing", lanes_, rows_.size());
    });
    rows_.clear();
  }

 private:
  void load() {
    std::vector<NibbleCode> codes(lanes_);
    for (std::size_t c = 0; c < lanes_; ++c) codes[c] = static_cast<NibbleCode>(c % 16);
    std::vector<std::uint32_t> row(lanes_ / 8);
    pack_nibble_row(codes.data(), codes.size(), row.data(), row.size());
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      TilePorts ports;
      ports.b_row = row.data();
      ports.b_lane = static_cast<int>(lane);
      ports.b_signed = stationary_ == 1;
      clock(ports);
    }
  }

  void stream(const ProbedRow& probed, bool swap) {
    std::vector<std::uint32_t> row(lanes_ / 8);
    row[static_cast<std::size_t>(probed.lane) / 8] = static_cast<std::uint32_t>(probed.code)
                                                     << probed.lane % 8 * 4;
    TilePorts ports;
    ports.a_valid = ports.a_first = ports.a_last = true;
    ports.a_swap = swap;
    ports.a_format = probed.format;
    ports.a_row = row.data();
    rows_.push_back(probed);
    clock(ports);
  }

  void clock(const TilePorts& ports) {
    const TileRtlResult result = tile_->clock(ports);
    if (!result.valid) return;
    if (rows_.empty()) {
      check_.expect(false, [&] { return fmt::format("{} lanes: a surplus result row", lanes_); });
      return;
    }
    std::vector<Fp16Code> row(lanes_);
    std::memcpy(row.data(), result.row, lanes_ * sizeof(Fp16Code));
    for (std::size_t c = 0; c < lanes_; ++c) compare(rows_.front(), c % 16, row[c]);
    rows_.pop_front();
  }

  void compare(const ProbedRow& probed, std::size_t b, Fp16Code rtl) {
    const auto format = static_cast<std::size_t>(probed.format);
    const FormatTable& streaming = kStreaming[format];
    const FormatTable& stationary = kStationary[static_cast<std::size_t>(stationary_)];
    const int product = streaming.values[probed.code] * stationary.values[b];
    const Fp16Code exact = exact_round({product, streaming.exponent});
    const auto b_code = static_cast<NibbleCode>(b);
    const Fp16Code reference = fp16_from_scaled_integer(
        model_value(probed.format, probed.code) * model_value(stationary_, b_code),
        chunk_exponent(static_cast<StreamFormat>(probed.format)));
    check_.expect(rtl == exact && reference == exact, [&] {
      return fmt::format(
          "{} lanes, lane {}: {} {:x} * {} {:x}: expected {:04x}, reference {:04x}, RTL {:04x}",
          lanes_, probed.lane, streaming.name, probed.code, stationary.name, b, exact, reference,
          rtl);
    });
  }

  UnitCheck& check_;
  std::size_t lanes_;
  TileGeometry geometry_;
  std::unique_ptr<TileRtl> tile_;
  int stationary_ = 0;
  std::deque<ProbedRow> rows_;
};

}  // namespace

void check_multiplier(UnitCheck& check, const CheckScope& scope) {
  for (const int lanes : {16, 32, 64}) {
    if (scope.quick && lanes != 64) continue;
    MultiplierCheck multiplier(check, lanes);
    for (const int stationary : {0, 1}) multiplier.run(stationary);
  }
}

}  // namespace nibble
