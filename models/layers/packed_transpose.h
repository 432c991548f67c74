// How weight gradients get their operands: pairs of pixels side by side, for panels as they are and
// for tiles transposed; and how their groups of chunks are added.
#pragma once

#include <cstdint>
#include <vector>

namespace nibble {

/// Neighbouring inputs of a pixel and the columns they are, all in elements and quads: quads
/// [panel + place * width, ... + count) of the place-th pair.
struct PatchRun {
  std::int64_t source = 0, panel = 0, width = 0, count = 0;
};

/// The pairs of two pixels' inputs to the panels.
void interleave_patches(const std::uint16_t* a, const std::uint16_t* b,
                        const std::vector<PatchRun>& runs, std::int64_t place,
                        std::uint32_t* panels);

/// Elements [first, first + 16) of 32 pixels, transposed: out[16][16] has an element a row, in it
/// the pairs of neighbouring pixels.
void transpose_pairs(const std::uint16_t* const* pixels, std::int64_t first, std::uint32_t* out);

/// total = total + group in DLFloat16's ten bits, far from its limits (gemm_simd.cpp); group = 0.
void add_group(float* group, std::int64_t count, float* total);

}  // namespace nibble
