#include "sim/report/balance.h"

#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

/// Useful MACs over what the array could do in the command's cycles.
double utilization(const TileGeometry& array, std::int64_t rows, std::int64_t chunks) {
  TileCommand command;
  command.precision = array.precision;
  command.arithmetic.chunk_len = array.lanes;
  command.shape = {rows, array.columns(), array.lanes * chunks};
  command.m_end = command.shape.m;
  command.n_end = command.shape.n;
  command.k_end = command.shape.k;
  const TileActivity activity = tile_activity(command, array);
  return static_cast<double>(activity.macs_useful) /
         static_cast<double>(activity.cycles * array.macs_per_cycle());
}

}  // namespace

double balance_macs_per_byte(const ChipConfig& config, const TileGeometry& array) {
  const double macs_per_second =
      static_cast<double>(config.cores * array.macs_per_cycle()) * config.clock_mhz * 1e6;
  return macs_per_second / DramConfig(config.dram).peak_bytes_per_second();
}

double balance_uses(const ChipConfig& config, const TileGeometry& array) {
  constexpr double kBitsPerByte = 8;
  return balance_macs_per_byte(config, array) * operand_bits(array.precision) / kBitsPerByte;
}

std::optional<std::int64_t> rows_for_share(const TileGeometry& array, std::int64_t chunks,
                                           double share) {
  constexpr std::int64_t kBlocks = 64;  // of as many rows as accumulators hold, or as hide a load
  const Cycles ends = tile_load_cycles(array) + tile_latency(array);
  const std::int64_t most = kBlocks * (array.acc_rows + ends);
  for (std::int64_t rows = 1; rows <= most; ++rows) {
    if (utilization(array, rows, chunks) >= share) return rows;
  }
  return std::nullopt;
}

}  // namespace nibble
