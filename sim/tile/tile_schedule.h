// A TileCommand unrolled into the passes of tile_command.h. The closed form sums over them, and the
// driver of the RTL plays them clock by clock.
#pragma once

#include "sim/tile/tile_backend.h"

namespace nibble {

/// One chunk of k against one block of rows and columns.
struct TilePass {
  std::int64_t group = 0, m_begin = 0, n_begin = 0, k_begin = 0;
  int rows = 0;              // streamed; at most AccRows
  int acc_begin = 0;         // the accumulator of the first row
  int chunk_len = 0;         // lanes that carry data; the others stream zeros
  bool loads = false;        // its B block is not in place yet
  bool first_chunk = false;  // starts an accumulation: of a group (fp16x2), of K (fp16)
  bool folds = false;        // ends a group of more than one
  bool first_fold = false;
  bool gives_result = false;  // ends K: the last row operations of the pass are the result

  [[nodiscard]] int busy_cycles() const { return folds ? 2 * rows : rows; }
};

class TileSchedule {
 public:
  /// Throws std::invalid_argument if the command breaks the rules of tile_command.h or cannot run
  /// on this geometry.
  TileSchedule(const TileCommand& command, const TileGeometry& geometry);

  [[nodiscard]] std::int64_t passes() const { return column_walks() * m_blocks_ * k_chunks_; }
  [[nodiscard]] TilePass pass(std::int64_t index) const;

  /// Blocks of columns, of all groups: each walks the rows of the command once a chunk.
  [[nodiscard]] std::int64_t column_walks() const { return groups_ * n_blocks_; }
  [[nodiscard]] std::int64_t row_blocks() const { return m_blocks_; }
  [[nodiscard]] std::int64_t chunks() const { return k_chunks_; }
  /// Chunks of the command that end a group of the second level.
  [[nodiscard]] std::int64_t folded_chunks() const;

 private:
  TileCommand command_;
  std::int64_t lanes_, acc_rows_, columns_;
  std::int64_t groups_, n_blocks_, m_blocks_, k_chunks_;
  bool two_level_;  // fp16x2 and more than one group in K
};

}  // namespace nibble
