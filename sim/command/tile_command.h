// What the sequencer hands to a tile unit: one block of one GEMM, and the loop nest it stands for.
//
// A tile unit is a row of T tiles that share the streamed A row and hold neighbouring column
// blocks, so together they are Lanes x (T*Cols). Semantics of a command, outermost loop first:
//
//   for g over [g_begin, g_end)                                  groups of a grouped GEMM
//    for nb over [n_begin, n_end)  in steps of T*Cols
//     for mb over [m_begin, m_end)  in steps of AccRows
//       for kc over [k_begin, k_end)  in steps of Lanes            one "pass"
//         load B[kc, nb] into the shadow cells unless this block is already there (Lanes cycles)
//         for m in mb: stream A[m, kc], accumulate into accumulator m   (one row a cycle)
//         (after each 64th chunk and the last, if K has more than 64 chunks, with fp16x2:)
//         for m in mb: fold accumulator m into the second bank         (one row a cycle)
//
// The B load of a pass overlaps the streaming of the pass before. The result row leaves the tile
// when its last chunk (or fold) has been added. A command starts and ends with an empty pipeline.
#pragma once

#include <cstdint>

#include "models/gemm/gemm.h"

namespace nibble {

/// What an array multiplies. fp8 (HFP8) runs on the FP16 array at twice its rate: a lane takes two
/// products a cycle, so the array then has twice the lanes.
enum class TilePrecision : std::uint8_t { nibble4, fp16, fp8 };

struct TileCommand {
  std::uint32_t gemm = 0;  // index into the program's list of GEMMs, which holds shape and operands
  TilePrecision precision = TilePrecision::nibble4;
  GemmArithmetic arithmetic;  // stream and stationary formats are ignored for fp16
  GemmShape shape;            // of the whole GEMM, one group
  std::int64_t g_begin = 0, g_end = 1;
  std::int64_t m_begin = 0, m_end = 0;
  std::int64_t n_begin = 0, n_end = 0;
  /// k_begin is a multiple of Lanes; k_end too unless it is K. A command that does not cover all of
  /// K leaves its partial sums in the accumulators, each block of columns in AccRows of its own: it
  /// is of one group, and its rows times its blocks of columns are at most AccRows. The commands of
  /// one such part of a result follow each other in increasing k.
  std::int64_t k_begin = 0, k_end = 0;
};

}  // namespace nibble
