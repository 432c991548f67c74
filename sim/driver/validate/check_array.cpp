#include <array>
#include <cstring>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/port_driver.h"
#include "sim/driver/validate/tile_port_model.h"
#include "sim/tile/array_rtl.h"

namespace nibble {

void check_array(UnitCheck& check, const CheckScope& scope) {
  constexpr int kSize = 128;
  constexpr int kPartCols = 32;
  constexpr std::size_t kParts = kSize / kPartCols;
  constexpr std::size_t kPartWords = kPartCols * 4 / 32;
  const TileGeometry whole{TilePrecision::nibble4, kSize, kSize, 128, 1};
  const auto monolith = make_array_tile_rtl(kSize);
  std::array<std::unique_ptr<TileRtl>, kParts> parts;
  for (auto& part : parts) part = make_array_tile_rtl(kPartCols);

  TilePortModel model(whole);
  PortDriver driver(whole, scope.seed);
  for (std::int64_t i = 0; i < scope.random_cases(60'000); ++i) {
    const TilePorts ports = driver.next();
    const TilePortModel::Result modelled = model.clock(ports, driver.codes());
    const TileRtlResult expected = monolith->clock(ports);
    check.expect(expected.valid == modelled.valid &&
                     (!expected.valid || (expected.acc == modelled.acc &&
                                          std::memcmp(expected.row, modelled.row.data(),
                                                      kSize * sizeof(Fp16Code)) == 0)),
                 [&] { return fmt::format("clock {}: the monolith differs from the model", i); });
    for (std::size_t p = 0; p < kParts; ++p) {
      // Every part takes the same streamed row and its own columns of the stationary row.
      TilePorts part_ports = ports;
      if (ports.b_row != nullptr) part_ports.b_row = ports.b_row + p * kPartWords;
      const TileRtlResult got = parts[p]->clock(part_ports);
      const std::size_t bytes = kPartCols * sizeof(Fp16Code);
      const bool equal =
          got.valid == expected.valid &&
          (!got.valid || (got.acc == expected.acc &&
                          std::memcmp(got.row, expected.row + p * bytes / 4, bytes) == 0));
      check.expect(equal, [&] {
        return fmt::format("clock {}: tile {} differs from columns {} to {} of the monolith", i, p,
                           p * kPartCols, (p + 1) * kPartCols - 1);
      });
    }
  }
}

}  // namespace nibble
