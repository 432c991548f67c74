#include "tests/sim/support/random_chip.h"

#include <algorithm>
#include <stdexcept>

#include "sim/compiler/mapping_rules.h"
#include "sim/compiler/tiling.h"
#include "sim/config/dram_config.h"
#include "sim/driver/step_simulation.h"
#include "sim/tile/tile_rtl.h"
#include "tests/sim/support/made_up_silicon.h"

namespace nibble::test {
namespace {

constexpr int kBuiltAccRows = 128;
constexpr Bytes kAnyBuffer = Bytes{1} << 30;  // more than any random workload needs

TileGeometry fp16_geometry(Random& random) {
  std::vector<TileGeometry> built;
  for (const TileGeometry& tile : built_tiles()) {
    if (tile.precision == TilePrecision::fp16) built.push_back(tile);
  }
  const std::int64_t last = static_cast<std::int64_t>(built.size()) - 1;
  TileGeometry tile = built[static_cast<std::size_t>(pick(random, 0, last))];
  tile.tiles = static_cast<int>(pick(random, 1, 2));
  return tile;
}

/// Channels, mapping, queues and when writes are done, of any preset.
DramParameters random_dram(Random& random) {
  DramParameters dram = dram_preset(
      pick_of<const char*>(random, {"ddr4_3200", "lpddr4_3200", "lpddr5_6400", "hbm2_2000"}),
      static_cast<int>(pick(random, 1, 4)));
  dram.mapping = pick_of(random, {AddressMapping::ro_ba_ra_co_ch, AddressMapping::ro_ba_co_bg_ch});
  dram.write_completion = pick_of(random, {WriteCompletion::accepted, WriteCompletion::written});
  dram.channel_interleave_bytes = pick_of(random, {64, 256, 256, 1024});
  if (one_in(random, 2)) return dram;
  dram.read_queue_entries = static_cast<int>(pick(random, 1, DramConfig::kMaxQueueEntries));
  dram.write_queue_entries = static_cast<int>(pick(random, 1, DramConfig::kMaxQueueEntries));
  dram.write_drain_start_entries = static_cast<int>(pick(random, 1, dram.write_queue_entries));
  dram.write_drain_stop_entries =
      static_cast<int>(pick(random, 0, dram.write_drain_start_entries - 1));
  return dram;
}

bool compiles(const Workload& workload, CompilerTarget target, Bytes buffer, Bytes resident,
              const MappingTable& mappings) {
  target.stream_buffer_bytes = buffer;
  target.scratchpad_bytes = buffer + resident;
  try {
    (void)compile(workload, target, mappings);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

}  // namespace

DramParameters dram_preset(const std::string& name, int channels) {
  DramParameters dram =
      read_dram_config(NIBBLE_SOURCE_DIR "/configs/dram/" + name + ".yaml").parameters();
  dram.channels = channels;
  return DramConfig(dram).parameters();
}

ChipConfig plain_chip() {
  ChipConfig chip;
  chip.name = "plain";
  chip.clock_mhz = 1000;
  chip.clock_period_ps = 1000;
  chip.tile = {TilePrecision::nibble4, 16, 16, kBuiltAccRows, 1};
  chip.fp16_tile = TileGeometry{TilePrecision::fp16, 16, 4, kBuiltAccRows, 1};
  chip.scratchpad = {64 * 1024, 16 * 1024, 4096};
  chip.sfu.lanes = 16;
  chip.sfu.port_bytes_per_cycle = 64;
  chip.sfu.step_cycles.fill(1);
  chip.dma = {1024, 4, 64};
  chip.queue_entries = 16;
  chip.dram = dram_preset("ddr4_3200");
  chip.silicon = made_up_silicon();
  return chip;
}

ChipConfig random_chip(Random& random, ArrayKind arrays, int most_cores) {
  ChipConfig chip = plain_chip();
  chip.name = "random";
  // Periods that divide the DRAM clocks, and some that meet them rarely.
  chip.clock_period_ps =
      pick_of<std::int64_t>(random, {400, 500, 625, 777, 800, 1000, 1250, 1333, 2000});
  chip.clock_mhz = 1e6 / static_cast<double>(chip.clock_period_ps);
  const int lanes = pick_of(random, {16, 16, 32, 64});
  chip.tile = {TilePrecision::nibble4, lanes, lanes, kBuiltAccRows,
               static_cast<int>(pick(random, 1, 3))};
  chip.fp16_tile.reset();
  if (arrays == ArrayKind::nibble4_and_fp16) chip.fp16_tile = fp16_geometry(random);
  if (arrays == ArrayKind::fp16) chip.tile = fp16_geometry(random);
  chip.sfu.lanes = static_cast<int>(pick(random, 1, 128));
  chip.sfu.port_bytes_per_cycle = pick_of<Bytes>(random, {4, 32, 100, 768, 4096});
  chip.sfu.latency = pick(random, 0, 40);
  for (int& cycles : chip.sfu.step_cycles) cycles = static_cast<int>(pick(random, 1, 8));
  chip.dma.descriptor_bytes = pick_of<Bytes>(random, {64, 100, 256, 1000, 1024, 4096, 65536});
  chip.dma.outstanding = static_cast<int>(pick_of<std::int64_t>(random, {1, 2, 3, 4, 16}));
  chip.dma.bytes_per_cycle = pick_of<Bytes>(random, {1, 7, 16, 64, 256});
  chip.queue_entries = static_cast<int>(pick_of<std::int64_t>(random, {1, 2, 3, 8, 64}));
  chip.dram = random_dram(random);
  chip.ideal_dram = one_in(random, 10);
  chip.ideal_sfu = one_in(random, 10);
  if (one_in(random, 4)) {
    chip.link.workers = static_cast<int>(pick(random, 2, 5));
    chip.link.bytes_per_cycle = pick_of(random, {0.5, 3.7, 64.0});
    chip.link.latency_cycles = pick(random, 0, 100);
  }
  chip.cores = static_cast<int>(pick(random, 1, most_cores));
  if (chip.cores == 1) return chip;
  chip.ring.bytes_per_cycle = pick_of<Bytes>(random, {1, 3, 16, 128, 1000});
  chip.ring.hop_cycles = pick(random, 0, 5);
  chip.ring.memory_stops = static_cast<int>(pick(random, 1, chip.cores));
  chip.ideal_ring = one_in(random, 10);
  return chip;
}

MappingTable random_mappings(Random& random, const Workload& workload, const ChipConfig& chip) {
  MappingTable mappings;
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const auto* work = std::get_if<GemmWork>(&workload.operations[i].work);
    if (work == nullptr || one_in(random, 3)) continue;
    const CompilerTarget target = target_of(chip);
    const TileGeometry geometry = array_for(target, work->precision).geometry;
    const std::vector<CoreSplit> splits = possible_splits(*work);
    const std::int64_t last = static_cast<std::int64_t>(splits.size()) - 1;
    const std::int64_t columns = geometry.columns();
    GemmMapping& mapping = mappings[i];
    mapping.split = splits[static_cast<std::size_t>(pick(random, 0, last))];
    mapping.held = pick_of(random, {HeldOperand::stationary, HeldOperand::streamed});
    mapping.depth = pick_of<std::int64_t>(random, {0, 0, 0, geometry.lanes, 3L * geometry.lanes});
    // Parts of a reduction leave their sums in the accumulators.
    const bool parts = mapping.depth > 0;
    const std::int64_t rows = parts ? geometry.acc_rows : 40;
    mapping.rows = pick_of<std::int64_t>(
        random, {0, 0, geometry.acc_rows, (parts ? 1L : 2L) * geometry.acc_rows,
                 pick(random, 1, std::min<std::int64_t>(40, rows))});
    mapping.columns = pick_of<std::int64_t>(
        random, {0, 0, columns, (parts ? 1 : 2) * columns,
                 pick(random, 1, parts ? std::min<std::int64_t>(40, columns) : 40)});
    if (parts && one_in(random, 3)) {  // each block of columns has accumulators of its own
      mapping.rows = std::max(1, geometry.acc_rows / 2);
      mapping.columns = geometry.acc_rows > 1 ? 2 * columns : columns;
    }
  }
  return mappings;
}

CompilerTarget target_of(const ChipConfig& chip) { return compiler_target(chip); }

Bytes smallest_stream_buffer(const Workload& workload, const CompilerTarget& target,
                             Bytes resident_bytes, const MappingTable& mappings) {
  Bytes fits = 64;
  while (!compiles(workload, target, fits, resident_bytes, mappings)) {
    if (fits > kAnyBuffer) throw std::logic_error("no stream buffer is large enough");
    fits *= 2;
  }
  Bytes too_small = 0;
  while (too_small + 1 < fits) {
    const Bytes middle = (too_small + fits) / 2;
    (compiles(workload, target, middle, resident_bytes, mappings) ? fits : too_small) = middle;
  }
  return fits;
}

void fit_buffers(Random& random, const Workload& workload, ChipConfig& chip,
                 const MappingTable& mappings) {
  // Resident bytes from none (or what the cores' copies of sums take) to more than any of the
  // random workloads needs.
  const CompilerTarget target = target_of(chip);
  Bytes resident = one_in(random, 4) ? 0 : Bytes{1} << pick(random, 9, 20);
  while (!compiles(workload, target, kAnyBuffer, resident, mappings)) {
    resident = std::max<Bytes>(64, 2 * resident);
  }
  Bytes buffer = smallest_stream_buffer(workload, target, resident, mappings);
  if (!one_in(random, 3)) {
    const Bytes roomy = buffer + (Bytes{1} << pick(random, 4, 18));
    if (compiles(workload, target, roomy, resident, mappings)) buffer = roomy;
  }
  chip.scratchpad.stream_buffer_bytes = buffer;
  chip.scratchpad.bytes = buffer + resident;
}

}  // namespace nibble::test
