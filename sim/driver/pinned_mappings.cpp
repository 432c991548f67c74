#include "sim/driver/pinned_mappings.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/compiler/mapping_rules.h"
#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

std::string gemm_name(const Workload& workload, std::size_t operation) {
  const int stage = workload.operations[operation].stage;
  const WorkloadStage& at = workload.stages[static_cast<std::size_t>(stage)];
  return at.layer + " " + pass_name(at.pass);
}

/// "layer pass" of each operation that multiplies, and its index.
std::vector<std::pair<std::string, std::size_t>> gemms_by_name(const Workload& workload) {
  std::vector<std::pair<std::string, std::size_t>> gemms;
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    if (!std::holds_alternative<GemmWork>(workload.operations[i].work)) continue;
    gemms.emplace_back(gemm_name(workload, i), i);
  }
  return gemms;
}

std::vector<std::string> split_names(const GemmWork& work) {
  std::vector<std::string> names;
  for (const CoreSplit split : possible_splits(work)) names.emplace_back(split_name(split));
  return names;
}

std::string pin_key(const PinnedMapping& pinned) { return "mapping.pin." + pinned.name; }

/// Why no array of this geometry runs blocks of the pinned sizes, and what it would run.
BadInput array_fault(const PinnedMapping& pinned, const GemmWork& work,
                     const CompilerTarget& target) {
  const TileGeometry array = array_for(target, work.precision).geometry;
  const std::string shape = fmt::format(
      "the array ({} lanes, {} columns, {} accumulator rows) takes part of a reduction only ",
      array.lanes, array.columns(), array.acc_rows);
  const GemmMapping& mapping = pinned.mapping;
  if (mapping.depth % array.lanes != 0) {
    return {
        pinned.place, pin_key(pinned),
        fmt::format("depth {} cannot run: {}in whole chunks of its lanes", mapping.depth, shape),
        fmt::format("allowed is a multiple of {}, or no depth: the whole reduction", array.lanes)};
  }
  return {pinned.place, pin_key(pinned),
          fmt::format("{} cannot run: {}of blocks whose sums its accumulators hold",
                      mapping_text(mapping), shape),
          fmt::format("allowed are rows x blocks of {} columns up to {}, or no depth: the whole "
                      "reduction",
                      array.columns(), array.acc_rows)};
}

}  // namespace

MappingTable pinned_mappings(const Experiment& experiment, const Workload& workload) {
  const std::vector<std::pair<std::string, std::size_t>> gemms = gemms_by_name(workload);
  MappingTable table;
  for (const PinnedMapping& pinned : experiment.mapping.pinned) {
    const std::string key = "mapping.pin." + pinned.name;
    bool found = false;
    for (const auto& [name, operation] : gemms) {
      if (name != pinned.name) continue;
      const std::vector<std::string> splits =
          split_names(std::get<GemmWork>(workload.operations[operation].work));
      const std::string split = split_name(pinned.mapping.split);
      const bool allowed = experiment.chip.cores == 1 ||
                           std::find(splits.begin(), splits.end(), split) != splits.end();
      if (!allowed) {
        throw BadInput(pinned.place, key, "cannot be split by " + split, allowed_words(splits));
      }
      table[operation] = pinned.mapping;
      // One core shares nothing out, whatever the pin says: it has all rows.
      if (experiment.chip.cores == 1) table[operation].split = CoreSplit::rows;
      found = true;
    }
    if (found) continue;
    std::vector<std::string> names;
    names.reserve(gemms.size());
    for (const auto& [name, operation] : gemms) names.push_back(name);
    throw BadInput(pinned.place, key, unknown_fault("GEMM", pinned.name, names),
                   "allowed are a layer that multiplies and forward, dgrad or wgrad");
  }
  return table;
}

void check_pins(const Experiment& experiment, const Workload& workload,
                const CompilerTarget& target, const StepCompiler& compiler,
                const MappingTable& pinned) {
  for (const PinnedMapping& pin : experiment.mapping.pinned) {
    for (const auto& [operation, mapping] : pinned) {
      if (gemm_name(workload, operation) != pin.name) continue;
      try {
        compiler.check(operation, mapping);
      } catch (const BufferTooSmall& fault) {
        throw BadInput(pin.place, pin_key(pin),
                       fmt::format("{} on chip {}: {}", mapping_text(mapping), experiment.chip.name,
                                   fault.what()),
                       "allowed smaller rows, columns or depth, none of them (the largest that "
                       "fit), or a larger chip.scratchpad.stream_buffer_kib");
      } catch (const ImpossibleBlock&) {
        throw array_fault(pin, std::get<GemmWork>(workload.operations[operation].work), target);
      }
    }
  }
}

}  // namespace nibble
