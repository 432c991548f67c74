#include "sim/driver/chip_key.h"

namespace nibble {
namespace {

// Structures are taken apart by structured bindings: with a member more (or less) none of them
// compiles until it has been decided whether times depend on it.

template <typename... Values>
void put(KeyStream& stream, const Values&... values) {
  (stream.put(values), ...);
}

void put(KeyStream& stream, const TileGeometry& tile) {
  const auto& [precision, lanes, cols, acc_rows, tiles] = tile;
  put(stream, static_cast<int>(precision), lanes, cols, acc_rows, tiles);
}

void put(KeyStream& stream, const SfuConfig& sfu) {
  const auto& [lanes, port_bytes_per_cycle, latency, step_cycles] = sfu;
  put(stream, lanes, port_bytes_per_cycle, latency);
  for (const int cycles : step_cycles) stream.put(cycles);
}

void put(KeyStream& stream, const DmaConfig& dma) {
  const auto& [descriptor_bytes, outstanding, bytes_per_cycle] = dma;
  put(stream, descriptor_bytes, outstanding, bytes_per_cycle);
}

void put(KeyStream& stream, const RingConfig& ring) {
  const auto& [bytes_per_cycle, hop_cycles, memory_stops] = ring;
  put(stream, bytes_per_cycle, hop_cycles, memory_stops);
}

void put(KeyStream& stream, const LinkConfig& link) {
  const auto& [workers, bytes_per_cycle, latency_cycles] = link;
  put(stream, workers, bytes_per_cycle, latency_cycles);
}

void put(KeyStream& stream, const DramTiming& timing) {
  const auto& [cl, cwl, trcd_read, trcd_write, trp, trp_all_bank, tras, trc, tccd_s, tccd_l, trrd_s,
               trrd_l, tfaw, twr, trtp, twtr_s, twtr_l, bubble, trfc_all_bank, trefi] = timing;
  put(stream, cl, cwl, trcd_read, trcd_write, trp, trp_all_bank, tras, trc, tccd_s, tccd_l, trrd_s,
      trrd_l, tfaw, twr, trtp, twtr_s, twtr_l, bubble, trfc_all_bank, trefi);
}

void put(KeyStream& stream, const DramParameters& dram) {
  const auto& [name, clock_period_ps, transfers_per_clock, bus_bits, burst_length, bank_groups,
               banks_per_group, rows_per_bank, row_bytes, command_buses, timing, energy, channels,
               channel_interleave_bytes, mapping, read_queue_entries, write_queue_entries,
               write_drain_start_entries, write_drain_stop_entries, write_completion] = dram;
  put(stream, clock_period_ps, transfers_per_clock, bus_bits, burst_length, bank_groups,
      banks_per_group, rows_per_bank, row_bytes, command_buses, channels, channel_interleave_bytes,
      static_cast<int>(mapping), read_queue_entries, write_queue_entries, write_drain_start_entries,
      write_drain_stop_entries, static_cast<int>(write_completion));
  put(stream, timing);
}

}  // namespace

UsedArrays used_arrays(const Program& stage) {
  UsedArrays used;
  for (const Command& command : stage.commands) {
    used.tile = used.tile || command.unit == Unit::tile;
    used.fp16_tile = used.fp16_tile || command.unit == Unit::fp16_tile;
  }
  return used;
}

Key128 chip_key(const ChipConfig& chip, const UsedArrays& used) {
  const auto& [name, clock_mhz, clock_period_ps, cores, ring, link, tile, fp16_tile, scratchpad,
               sfu, dma, queue_entries, dram, silicon, dram_file, energy_file, ideal_dram,
               ideal_sfu, ideal_ring, ideal_array] = chip;
  KeyStream stream;
  put(stream, clock_mhz, clock_period_ps, cores, queue_entries, static_cast<int>(ideal_dram),
      static_cast<int>(ideal_sfu), static_cast<int>(ideal_ring), static_cast<int>(ideal_array),
      static_cast<int>(used.tile), static_cast<int>(used.fp16_tile));
  put(stream, ring);
  put(stream, link);
  if (used.tile) put(stream, tile);
  if (used.fp16_tile) put(stream, *fp16_tile);
  put(stream, sfu);
  put(stream, dma);
  put(stream, dram);
  return stream.key();
}

}  // namespace nibble
