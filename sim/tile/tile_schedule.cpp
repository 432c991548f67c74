#include "sim/tile/tile_schedule.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace nibble {
namespace {

void check_range(const char* name, std::int64_t begin, std::int64_t end, std::int64_t size) {
  if (begin < 0 || begin >= end || end > size) {
    throw std::invalid_argument("tile command: " + std::string(name) + " [" +
                                std::to_string(begin) + ", " + std::to_string(end) +
                                ") must be a non-empty part of [0, " + std::to_string(size) + ")");
  }
}

bool covers_k(const TileCommand& command) {
  return command.k_begin == 0 && command.k_end == command.shape.k;
}

void check_command(const TileCommand& command, const TileGeometry& geometry) {
  const GemmShape& shape = command.shape;
  // How many groups the GEMM has, a command does not say.
  check_range("g", command.g_begin, command.g_end, command.g_end);
  check_range("m", command.m_begin, command.m_end, shape.m);
  check_range("n", command.n_begin, command.n_end, shape.n);
  check_range("k", command.k_begin, command.k_end, shape.k);
  if (command.precision == TilePrecision::fp8 && geometry.precision == TilePrecision::fp16) {
    throw std::invalid_argument(
        "tile command: fp8 has no RTL and no model of its values yet; the engine timing alone runs "
        "it");
  }
  if (command.precision != geometry.precision) {
    throw std::invalid_argument("tile command: its precision is not that of the array");
  }
  if (command.arithmetic.chunk_len != geometry.lanes) {
    throw std::invalid_argument("tile command: chunk_len " +
                                std::to_string(command.arithmetic.chunk_len) + " must equal the " +
                                std::to_string(geometry.lanes) + " lanes");
  }
  if (command.arithmetic.accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("tile command: the tile accumulates in fp16 or fp16x2, not fp32");
  }
  if (command.k_begin % geometry.lanes != 0 ||
      (command.k_end % geometry.lanes != 0 && command.k_end != shape.k)) {
    throw std::invalid_argument("tile command: k [" + std::to_string(command.k_begin) + ", " +
                                std::to_string(command.k_end) +
                                ") must be cut at multiples of the lanes");
  }
  const std::int64_t column_blocks = ceil_div(command.n_end - command.n_begin, geometry.columns());
  if (!covers_k(command) &&
      (command.g_end - command.g_begin > 1 ||
       (command.m_end - command.m_begin) * column_blocks > geometry.acc_rows)) {
    throw std::invalid_argument(
        "tile command: a part of K needs a block of one group that fits in the accumulators");
  }
}

}  // namespace

TileSchedule::TileSchedule(const TileCommand& command, const TileGeometry& geometry)
    : command_(command),
      lanes_(geometry.lanes),
      acc_rows_(geometry.acc_rows),
      columns_(geometry.columns()) {
  check_command(command, geometry);
  groups_ = command.g_end - command.g_begin;
  n_blocks_ = ceil_div(command.n_end - command.n_begin, columns_);
  m_blocks_ = ceil_div(command.m_end - command.m_begin, acc_rows_);
  k_chunks_ = ceil_div(command.k_end - command.k_begin, lanes_);
  two_level_ = command.arithmetic.accumulator == AccumulatorType::fp16x2 &&
               command.shape.k > kChunksPerGroup * lanes_;
}

TilePass TileSchedule::pass(std::int64_t index) const {
  const std::int64_t chunk = index % k_chunks_;
  const std::int64_t m_block = index / k_chunks_ % m_blocks_;
  const std::int64_t n_block = index / k_chunks_ / m_blocks_ % n_blocks_;
  TilePass pass;
  pass.group = command_.g_begin + index / k_chunks_ / m_blocks_ / n_blocks_;
  pass.n_begin = command_.n_begin + n_block * columns_;
  pass.m_begin = command_.m_begin + m_block * acc_rows_;
  pass.k_begin = command_.k_begin + chunk * lanes_;
  pass.rows = static_cast<int>(std::min(acc_rows_, command_.m_end - pass.m_begin));
  // A part of K leaves sums behind: each block of columns has accumulators of its own.
  if (!covers_k(command_)) pass.acc_begin = static_cast<int>(n_block) * pass.rows;
  pass.chunk_len = static_cast<int>(std::min(lanes_, command_.k_end - pass.k_begin));
  // With a single chunk the block stays in place from one block of rows to the next.
  pass.loads = k_chunks_ > 1 || m_block == 0;

  const std::int64_t chunk_of_k = pass.k_begin / lanes_;
  const std::int64_t chunk_of_group = chunk_of_k % kChunksPerGroup;
  const bool ends_k = pass.k_begin + pass.chunk_len == command_.shape.k;
  pass.first_chunk = two_level_ ? chunk_of_group == 0 : chunk_of_k == 0;
  pass.folds = two_level_ && (chunk_of_group == kChunksPerGroup - 1 || ends_k);
  pass.first_fold = chunk_of_k < kChunksPerGroup;
  pass.gives_result = ends_k;
  return pass;
}

std::int64_t TileSchedule::folded_chunks() const {
  if (!two_level_) return 0;
  const std::int64_t end = ceil_div(command_.k_end, lanes_);
  const bool cut_short = command_.k_end == command_.shape.k && end % kChunksPerGroup != 0;
  return end / kChunksPerGroup - command_.k_begin / lanes_ / kChunksPerGroup + (cut_short ? 1 : 0);
}

}  // namespace nibble
