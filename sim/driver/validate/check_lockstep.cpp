#include <cstring>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/driver/validate/port_driver.h"

namespace nibble {
void check_lockstep(UnitCheck& check, const CheckScope& scope, const TileGeometry& geometry) {
  const std::unique_ptr<TileRtl> tile = make_tile_rtl(geometry);
  TilePortModel model(geometry);
  PortDriver driver(geometry, scope.seed);
  const std::size_t row_bytes = static_cast<std::size_t>(geometry.cols) * sizeof(Fp16Code);
  for (std::int64_t i = 0; i < scope.random_cases(60'000); ++i) {
    const TilePorts ports = driver.next();
    const TilePortModel::Result expected = model.clock(ports, driver.codes());
    const TileRtlResult rtl = tile->clock(ports);
    const bool equal = rtl.valid == expected.valid &&
                       (!rtl.valid || (rtl.acc == expected.acc &&
                                       std::memcmp(rtl.row, expected.row.data(), row_bytes) == 0));
    check.expect(equal, [&] {
      return fmt::format(
          "clock {}: the model gives {} (accumulator {}), the RTL {} (accumulator {}){}", i,
          expected.valid ? "a row" : "nothing", expected.acc, rtl.valid ? "a row" : "nothing",
          rtl.acc, rtl.valid && expected.valid ? ", the rows differ" : "");
    });
  }
}

}  // namespace nibble
