// The rows of the validation table, one function a unit; sources are split by unit family.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/driver/validate/unit_check.h"
#include "sim/tile/rtl_probe.h"
#include "sim/tile/tile_backend.h"

namespace nibble {

struct CheckScope {
  std::uint64_t seed = 1;
  bool quick = false;
  /// Random cases: the full number, or a twentieth of it.
  [[nodiscard]] std::int64_t random_cases(std::int64_t full) const {
    return quick ? full / 20 : full;
  }
};

// check_multiplier.cpp: through whole tiles, so that every lane's multiplier is seen.
void check_multiplier(UnitCheck& check, const CheckScope& scope);
// check_rounders.cpp
void check_chunk_rounder(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
void check_round32(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
// check_fp16.cpp
void check_adder(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
void check_fma(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
// check_quantisers.cpp
void check_fp4(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
void check_pact(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
void check_s4(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
void check_sawb(UnitCheck& check, const CheckScope& scope, RtlProbe& probe);
// check_lockstep.cpp: every clock of a tile's ports against a model of the tile.
void check_lockstep(UnitCheck& check, const CheckScope& scope, const TileGeometry& geometry);
// check_commands.cpp: values and cycles of whole commands, engine rtl against engine model.
void check_commands(UnitCheck& check, const CheckScope& scope, const TileGeometry& geometry);
// check_array.cpp: 128 x 128, composed of tiles against monolithic.
void check_array(UnitCheck& check, const CheckScope& scope);

}  // namespace nibble
