// Random chips whose arrays are built in RTL, and the buffers that a workload just or easily fits.
#pragma once

#include "sim/compiler/compiler.h"
#include "sim/config/chip_config.h"
#include "sim/workload/workload.h"
#include "tests/sim/support/pick.h"

namespace nibble::test {

/// A DRAM preset of configs/dram with its own defaults.
[[nodiscard]] DramParameters dram_preset(const std::string& name, int channels = 1);

/// A plain chip for hand-made programs: 1 ns clock, one 16x16 tile, one 16x4 FP16 tile, 64 KiB.
[[nodiscard]] ChipConfig plain_chip();

enum class ArrayKind : std::uint8_t { nibble4, nibble4_and_fp16, fp16 };

/// All parameters but the scratchpad's size, which fit_buffers draws. Chips of up to `most_cores`
/// cores; any may be one of a group of workers.
[[nodiscard]] ChipConfig random_chip(Random& random, ArrayKind arrays, int most_cores = 1);

/// A mapping for some of the operations that multiply: any split that is possible, either operand
/// held, sizes of a block pinned or not.
[[nodiscard]] MappingTable random_mappings(Random& random, const Workload& workload,
                                           const ChipConfig& chip);

/// Draws a stream buffer that `workload` compiles with, now and then the smallest there is, and a
/// scratchpad from "nothing stays" to "everything stays".
void fit_buffers(Random& random, const Workload& workload, ChipConfig& chip,
                 const MappingTable& mappings = {});

[[nodiscard]] CompilerTarget target_of(const ChipConfig& chip);

/// The smallest stream buffer with which `workload` compiles beside `resident_bytes` of resident
/// tensors, found by halving intervals; the target's own scratchpad sizes are not read.
[[nodiscard]] Bytes smallest_stream_buffer(const Workload& workload, const CompilerTarget& target,
                                           Bytes resident_bytes, const MappingTable& mappings = {});

}  // namespace nibble::test
