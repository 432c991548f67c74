#include "sim/tile/verilated_tile.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/tile/port_packing.h"
#include "sim/tile/tile_timing.h"

namespace nibble {

VerilatedTile::VerilatedTile(const TileGeometry& geometry)
    : VerilatedTile(geometry, make_tile_rtl(geometry)) {}

VerilatedTile::VerilatedTile(const TileGeometry& geometry, std::unique_ptr<TileRtl> first)
    : geometry_(geometry),
      code_bits_(geometry.precision == TilePrecision::nibble4 ? 4 : 16),
      a_words_((static_cast<std::size_t>(geometry.lanes) * code_bits_ + 31) / 32),
      b_words_((static_cast<std::size_t>(geometry.cols) * code_bits_ + 31) / 32),
      a_(static_cast<std::size_t>(geometry.acc_rows) * a_words_),
      tiles_(static_cast<std::size_t>(geometry.tiles)) {
  for (Tile& tile : tiles_) {
    tile.rtl = first ? std::move(first) : make_tile_rtl(geometry);
    tile.b.resize(static_cast<std::size_t>(geometry.lanes) * b_words_);
  }
}

int VerilatedTile::columns_of(const TileCommand& command, const TilePass& pass,
                              int tile_index) const {
  const std::int64_t begin = pass.n_begin + static_cast<std::int64_t>(tile_index) * geometry_.cols;
  return static_cast<int>(std::clamp<std::int64_t>(command.n_end - begin, 0, geometry_.cols));
}

void VerilatedTile::pack_a(const TileCommand& command, const TileOperands& operands,
                           const TilePass& pass) {
  const auto count = static_cast<std::size_t>(pass.chunk_len);
  for (int row = 0; row < pass.rows; ++row) {
    const std::int64_t at =
        (pass.group * command.shape.m + pass.m_begin + row) * operands.depth(command.shape) +
        pass.k_begin - operands.k_first;
    std::uint32_t* words = a_.data() + static_cast<std::size_t>(row) * a_words_;
    if (code_bits_ == 4) {
      pack_nibble_row(static_cast<const NibbleCode*>(operands.a) + at, count, words, a_words_);
    } else {
      pack_fp16_row(static_cast<const Fp16Code*>(operands.a) + at, count, words, a_words_);
    }
  }
}

void VerilatedTile::pack_b(const TileCommand& command, const TileOperands& operands,
                           const TilePass& pass, int tile_index) {
  std::vector<std::uint32_t>& b = tiles_[static_cast<std::size_t>(tile_index)].b;
  const auto columns = static_cast<std::size_t>(columns_of(command, pass, tile_index));
  std::fill(b.begin(), b.end(), 0);
  if (columns == 0) return;
  for (int lane = 0; lane < pass.chunk_len; ++lane) {
    const std::int64_t k =
        pass.group * operands.depth(command.shape) + pass.k_begin - operands.k_first + lane;
    const std::int64_t at =
        k * command.shape.n + pass.n_begin + static_cast<std::int64_t>(tile_index) * geometry_.cols;
    std::uint32_t* words = b.data() + static_cast<std::size_t>(lane) * b_words_;
    if (code_bits_ == 4) {
      pack_nibble_row(static_cast<const NibbleCode*>(operands.b) + at, columns, words, b_words_);
    } else {
      pack_fp16_row(static_cast<const Fp16Code*>(operands.b) + at, columns, words, b_words_);
    }
  }
}

void VerilatedTile::clock(Tile& tile, const TilePorts& ports) {
  const TileRtlResult result = tile.rtl->clock(ports);
  TileActivity& counted = tile.counted;
  ++tile.clocks;
  if (ports.b_row != nullptr) ++counted.b_rows_loaded;
  if (ports.a_valid) {
    ++(ports.a_fold ? counted.fold : counted.streaming);
    counted.weight_load += tile.clocks_idle;
    tile.clocks_idle = 0;
  } else {
    ++tile.clocks_idle;
  }
  if (!result.valid) return;
  if (tile.due.empty() || tile.due.front().acc != result.acc) {
    throw std::logic_error("the tile gave the result row of accumulator " +
                           std::to_string(result.acc) + ", which was not due");
  }
  const DueRow& due = tile.due.front();
  std::memcpy(due.c, result.row, static_cast<std::size_t>(due.columns) * sizeof(Fp16Code));
  tile.due.pop_front();
  counted.cycles = tile.clocks;
  counted.fill_drain = tile.clocks_idle;
}

void VerilatedTile::run_window(const TileCommand& command, const TileOperands& operands,
                               const TilePass* pass, const TilePass* next, int tile_index) {
  Tile& tile = tiles_[static_cast<std::size_t>(tile_index)];
  const int load = next != nullptr && next->loads ? geometry_.lanes : 0;
  const int rows = pass != nullptr ? pass->rows : 0;
  const int busy = pass != nullptr ? pass->busy_cycles() : 0;
  const int columns = pass != nullptr ? columns_of(command, *pass, tile_index) : 0;
  // A part of K gives no result. Its last row is shown all the same and dropped, so that the clock
  // at which the pipeline is empty is seen and not assumed.
  const bool shows_last = pass != nullptr && next == nullptr && !pass->gives_result;
  TilePorts ports;
  ports.b_signed = command.arithmetic.stationary == StationaryFormat::s4;
  ports.a_format = static_cast<int>(command.arithmetic.stream);
  for (int cycle = 0; cycle < std::max(load, busy); ++cycle) {
    ports.b_row =
        cycle < load ? tile.b.data() + static_cast<std::size_t>(cycle) * b_words_ : nullptr;
    ports.b_lane = cycle;
    ports.a_valid = cycle < busy;
    if (ports.a_valid) {
      ports.a_fold = cycle >= rows;
      const int row = ports.a_fold ? cycle - rows : cycle;
      ports.a_acc = pass->acc_begin + row;
      ports.a_swap = cycle == 0 && pass->loads;
      ports.a_first = ports.a_fold ? pass->first_fold : pass->first_chunk;
      ports.a_last = pass->gives_result && ports.a_fold == pass->folds;
      ports.a_row = a_.data() + static_cast<std::size_t>(row) * a_words_;
      if (!ports.a_fold) {
        tile.counted.macs_useful += static_cast<std::int64_t>(pass->chunk_len) * columns;
      }
      if (ports.a_last) {
        const std::int64_t at =
            (pass->group * command.shape.m + pass->m_begin + row) * command.shape.n +
            pass->n_begin + static_cast<std::int64_t>(tile_index) * geometry_.cols;
        tile.due.push_back({ports.a_acc, columns > 0 ? operands.c + at : operands.c, columns});
      } else if (shows_last && cycle + 1 == busy) {
        ports.a_last = true;
        tile.due.push_back({ports.a_acc, operands.c, 0});
      }
    }
    clock(tile, ports);
  }
}

TileActivity VerilatedTile::sum_of_tiles() const {
  TileActivity sum = tiles_.front().counted;
  for (std::size_t t = 1; t < tiles_.size(); ++t) {
    const TileActivity& tile = tiles_[t].counted;
    if (tile.cycles != sum.cycles || tile.weight_load != sum.weight_load) {
      throw std::logic_error("the tiles of one unit took " + std::to_string(sum.cycles) + " and " +
                             std::to_string(tile.cycles) + " clocks");
    }
    sum.b_rows_loaded += tile.b_rows_loaded;
    sum.macs_useful += tile.macs_useful;
  }
  sum.macs_issued = sum.streaming * geometry_.macs_per_cycle();
  sum.accumulations = (sum.streaming + sum.fold) * geometry_.columns();
  return sum;
}

TileActivity VerilatedTile::execute(const TileCommand& command, const TileOperands* operands) {
  const TileSchedule schedule(command, geometry_);
  if (operands == nullptr) throw std::invalid_argument("the Verilated tile needs operands");
  for (Tile& tile : tiles_) {
    tile.counted = {};
    tile.clocks = tile.clocks_idle = 0;
  }

  // Window i streams pass i and loads B of pass i + 1; window -1 loads the first B.
  TilePass pass;
  for (std::int64_t i = -1; i < schedule.passes(); ++i) {
    const bool has_next = i + 1 < schedule.passes();
    const TilePass next = has_next ? schedule.pass(i + 1) : TilePass{};
    if (i >= 0) pack_a(command, *operands, pass);
    for (int t = 0; t < geometry_.tiles; ++t) {
      if (has_next && next.loads) pack_b(command, *operands, next, t);
      run_window(command, *operands, i >= 0 ? &pass : nullptr, has_next ? &next : nullptr, t);
    }
    pass = next;
  }

  std::size_t missing = 0;
  for (Tile& tile : tiles_) {
    for (Cycles i = 0; i < tile_latency(geometry_); ++i) clock(tile, TilePorts{});
    missing += tile.due.size();
  }
  const TileActivity counted = sum_of_tiles();
  const TileActivity expected = tile_activity(command, geometry_);
  if (missing != 0 || !(counted == expected)) {
    throw std::logic_error("the tile missed " + std::to_string(missing) + " result rows and took " +
                           activity_text(counted) + "; tile_activity says " +
                           activity_text(expected));
  }
  return counted;
}

}  // namespace nibble
