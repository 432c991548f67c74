// One A tile of 16 rows times one B panel with AMX; packed_kernels.cpp chooses it. Layouts are
// those of gemm_simd_kernels.h: a piece of an A tile and 16 quads of a B vector are each one tile
// register.
#pragma once

#include <cstdint>

#include "models/gemm/gemm_simd_kernels.h"

namespace nibble {

inline constexpr int kAmxRows = 16;
inline constexpr int kAmxChunkStep = 64;  // chunks of this many values are whole tile registers

/// Whether CPU, system and compiler have it; asks Linux for the right to use it.
[[nodiscard]] bool amx_enabled();

[[nodiscard]] int amx_tile_rows(std::int64_t rows);
void amx_begin();
void amx_multiply(const TileProduct& product, int tile_rows, int vectors, bool bytes);
void amx_end();

}  // namespace nibble
