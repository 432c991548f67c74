// The tile unit's engine: what executes a TileCommand. Three variants, one contract:
//   VerilatedTile  drives the Verilog, counts its clocks            (truth)
//   ModelTile      models/gemm and the closed form of tile_timing.h (fast, same bits)
//   TimingTile     the closed form alone, no values                 (sweeps)
#pragma once

#include <memory>
#include <string>

#include "sim/base/units.h"
#include "sim/command/tile_command.h"
#include "sim/command/tile_geometry.h"

namespace nibble {

/// Operands of the whole GEMM the command belongs to (not of the block), row-major.
/// nibble4: a, b point to NibbleCode, one a byte. fp16: to Fp16Code. Not owned.
struct TileOperands {
  const void* a = nullptr;  // [G,M,K]
  const void* b = nullptr;  // [G,K,N]
  Fp16Code* c = nullptr;    // [G,M,N]; the command writes its block when its k range ends at K
  /// A and B may hold a part of K only, that of the command: k from k_first on, k_count of them; so
  /// [G,M,k_count] and [G,k_count,N]. 0: all of K.
  std::int64_t k_first = 0, k_count = 0;
  [[nodiscard]] std::int64_t depth(const GemmShape& shape) const {
    return k_count != 0 ? k_count : shape.k;
  }
};

/// Where a command's cycles went: streaming + fold + weight_load + fill_drain = cycles.
struct TileActivity {
  Cycles cycles = 0;
  Cycles streaming = 0;            // an A row entered the array
  Cycles fold = 0;                 // second-level accumulation
  Cycles weight_load = 0;          // waiting for B, nothing streamed
  Cycles fill_drain = 0;           // pipeline filling and emptying
  std::int64_t b_rows_loaded = 0;  // rows of Cols codes, per tile summed over tiles
  std::int64_t macs_issued = 0;    // streaming rows x Lanes x Cols x tiles
  std::int64_t macs_useful = 0;    // without padding
  std::int64_t accumulations = 0;  // 16-bit additions, per column, folds included
};
[[nodiscard]] bool operator==(const TileActivity& a, const TileActivity& b);
/// Every field by name, for messages.
[[nodiscard]] std::string activity_text(const TileActivity& activity);

/// Multiplications of a command without padding.
[[nodiscard]] std::int64_t useful_macs(const TileCommand& command);

class TileBackend {
 public:
  virtual ~TileBackend() = default;
  /// Runs one command to completion. `operands` may be null only for TimingTile, which alone takes
  /// fp8. Throws std::invalid_argument for a command that the tile cannot run.
  virtual TileActivity execute(const TileCommand& command, const TileOperands* operands) = 0;
};

enum class Engine : std::uint8_t { rtl, model, timing };

[[nodiscard]] std::unique_ptr<TileBackend> make_tile_backend(Engine engine,
                                                             const TileGeometry& geometry);

}  // namespace nibble
