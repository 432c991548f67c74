// The waves of a tile: the same results as without, and in the file what went in and came out.
#include <cstdio>
#include <random>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/tile/tile_timing.h"
#include "sim/tile/traced_tile_rtl.h"
#include "sim/tile/verilated_tile.h"
#include "tests/sim/support/wave_file.h"

namespace nibble {
namespace {

using namespace test;

constexpr std::int64_t kBeginPs = 123'000, kPeriodPs = 1000;

/// A command on random codes, run with and without waves.
struct Example {
  TileGeometry geometry{TilePrecision::nibble4, 16, 16, 128, 1};
  TileCommand command;
  std::vector<NibbleCode> a, b;
  std::vector<Fp16Code> c, traced_c;
  TileActivity activity, traced_activity;
  std::string file = std::string(P_tmpdir) + "/nibble_waves_" + std::to_string(getpid()) + ".fst";

  Example() {
    command.shape = {21, 13, 40};
    command.arithmetic.chunk_len = 16;
    command.arithmetic.stream = StreamFormat::fp4_even;
    command.m_end = command.shape.m;
    command.n_end = command.shape.n;
    command.k_end = command.shape.k;
    std::mt19937 random(5);
    const auto draw = [&](std::int64_t count) {
      std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
      for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() % 16);
      return codes;
    };
    a = draw(command.shape.m * command.shape.k);
    b = draw(command.shape.k * command.shape.n);
    c.resize(static_cast<std::size_t>(command.shape.m * command.shape.n));
    traced_c = c;
    const TileOperands operands{a.data(), b.data(), c.data()};
    activity = VerilatedTile(geometry).execute(command, &operands);
  }
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;
  ~Example() { std::remove(file.c_str()); }

  void run_traced() {
    std::unique_ptr<TracedTileRtl> traced = make_traced_tile_rtl(geometry);
    TracedTileRtl& rtl = *traced;
    VerilatedTile tile(geometry, std::move(traced));
    const TileOperands operands{a.data(), b.data(), traced_c.data()};
    rtl.start(file, kBeginPs, kPeriodPs);
    traced_activity = tile.execute(command, &operands);
    rtl.stop();
  }
};

}  // namespace

TEST_CASE("A traced tile gives the results and clocks of the other") {
  Example example;
  example.run_traced();
  CHECK(example.traced_c == example.c);
  CHECK(example.traced_activity == example.activity);
}

TEST_CASE("The waves have an edge a clock from the command's begin, and every result row") {
  Example example;
  example.run_traced();
  const WaveFile waves = read_waves(
      example.file, {"clk_i", "a_valid_i", "b_valid_i", "c_valid_o", "c_acc_o", "c_row_o"});
  CHECK(waves.widths.at("c_row_o") == 16 * 16);
  CHECK(waves.widths.at("a_row_i") == 4 * 16);
  CHECK(waves.signals > 16 * 16 + 2 * 128 * 16);  // cells and accumulators are among them
  const std::vector<WaveFile::Moment> edges = rising_edges(waves);
  REQUIRE(static_cast<Cycles>(edges.size()) == example.activity.cycles);
  Cycles streamed = 0, loaded = 0;
  std::size_t row = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    REQUIRE(edges[i].time_ps == kBeginPs + i * kPeriodPs + kPeriodPs / 2);
    const WaveValues& at = edges[i].values;
    streamed += at.at("a_valid_i") == "1" ? 1 : 0;
    loaded += at.at("b_valid_i") == "1" ? 1 : 0;
    if (at.at("c_valid_o") != "1") continue;
    CHECK(std::stoul(at.at("c_acc_o"), nullptr, 2) == row);
    for (std::size_t column = 0; column < 13; ++column) {
      const std::string bits = at.at("c_row_o").substr(16 * (15 - column), 16);
      REQUIRE(std::stoul(bits, nullptr, 2) == example.c[row * 13 + column]);
    }
    ++row;
  }
  CHECK(row == 21);
  CHECK(streamed == example.activity.streaming + example.activity.fold);
  CHECK(loaded == example.activity.b_rows_loaded);
  CHECK(waves.moments.front().time_ps == kBeginPs);
  CHECK(waves.moments.back().time_ps ==
        static_cast<std::uint64_t>(kBeginPs + example.activity.cycles * kPeriodPs));
}

TEST_CASE("Every geometry that is built can be traced, others are refused like the tile itself") {
  for (const TileGeometry& geometry : built_tiles()) {
    CHECK(make_traced_tile_rtl(geometry) != nullptr);
  }
  CHECK_THROWS_WITH(make_traced_tile_rtl({TilePrecision::nibble4, 16, 24, 128, 1}),
                    Catch::Matchers::Contains("no Verilated 4-bit tile of 16x24x128"));
}

TEST_CASE("A waveform file that cannot be opened is a fault") {
  const auto traced = make_traced_tile_rtl({TilePrecision::nibble4, 16, 16, 128, 1});
  CHECK_THROWS_WITH(traced->start("/nowhere/at/all.fst", 0, 1000), "cannot be written");
}

}  // namespace nibble
