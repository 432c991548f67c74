// The chip: units, queues and memory wired together, and the sequencer that deals the program out.
#include "sim/chip/chip_run.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <systemc>

#include <fmt/format.h>

#include "sim/chip/compute_unit.h"
#include "sim/chip/dma_unit.h"
#include "sim/chip/dram_target.h"
#include "sim/chip/sfu_timing.h"

namespace nibble {
namespace {

class Chip : public sc_core::sc_module {
 public:
  Chip(const sc_core::sc_module_name& name, const ChipConfig& config, const Program& program,
       TileExecutor& executor, ChipRun& run);

  /// Throws std::logic_error unless every command has completed.
  void check_complete() const;
  [[nodiscard]] DramStatistics dram_statistics() { return dram_.statistics(); }
  [[nodiscard]] Cycles now() const { return context_.now(); }

 private:
  void sequence();
  void fence(std::uint32_t command);
  [[nodiscard]] CommandQueue& queue_of(Unit unit);
  [[nodiscard]] Cycles execute_tile(Unit unit, std::uint32_t command);
  [[nodiscard]] Cycles execute_sfu(std::uint32_t command) const;

  const Program& program_;
  const ChipConfig& config_;
  TileExecutor& executor_;
  ChipRun& run_;
  CompletionBoard board_;
  Scratchpad scratchpad_;
  ChipContext context_;
  MemoryPort memory_port_;
  DmaUnit dma_load_, dma_store_;
  ComputeUnit tile_, fp16_tile_, sfu_;
  DramTarget dram_;
};

Chip::Chip(const sc_core::sc_module_name& name, const ChipConfig& config, const Program& program,
           TileExecutor& executor, ChipRun& run)
    : sc_module(name),
      program_(program),
      config_(config),
      executor_(executor),
      run_(run),
      board_(program, run),
      scratchpad_(program, config.scratchpad.bytes),
      context_{program, config, board_, scratchpad_,
               sc_core::sc_time(static_cast<double>(config.clock_period_ps), sc_core::SC_PS)},
      memory_port_("memory_port"),
      dma_load_("dma_load", context_, memory_port_, tlm::TLM_READ_COMMAND),
      dma_store_("dma_store", context_, memory_port_, tlm::TLM_WRITE_COMMAND),
      tile_("tile", context_,
            [this](std::uint32_t command) { return execute_tile(Unit::tile, command); }),
      fp16_tile_("fp16_tile", context_,
                 [this](std::uint32_t command) { return execute_tile(Unit::fp16_tile, command); }),
      sfu_("sfu", context_, [this](std::uint32_t command) { return execute_sfu(command); }),
      dram_("dram", DramConfig(config.dram)) {
  memory_port_.bind(dram_.socket);
  SC_HAS_PROCESS(Chip);
  SC_THREAD(sequence);
}

CommandQueue& Chip::queue_of(Unit unit) {
  switch (unit) {
    case Unit::dma_load:
      return dma_load_.queue;
    case Unit::dma_store:
      return dma_store_.queue;
    case Unit::tile:
      return tile_.queue;
    case Unit::fp16_tile:
      return fp16_tile_.queue;
    case Unit::sfu:
      return sfu_.queue;
    case Unit::sequencer:
      break;
  }
  throw std::logic_error("the sequencer has no queue");
}

Cycles Chip::execute_tile(Unit unit, std::uint32_t command) {
  const TileActivity activity =
      executor_.execute(unit, std::get<TileCommand>(program_.commands[command].body));
  run_.tile_activities[command] = activity;
  return activity.cycles;
}

Cycles Chip::execute_sfu(std::uint32_t command) const {
  if (config_.ideal_sfu) return 0;
  return sfu_cycles(std::get<SfuCommand>(program_.commands[command].body), config_.sfu);
}

/// One command a cycle into the units' queues; fences drain everything first.
void Chip::sequence() {
  for (std::uint32_t command = 0; command < program_.commands.size(); ++command) {
    if (program_.commands[command].unit == Unit::sequencer) {
      fence(command);
    } else {
      wait(context_.clock_period);
      queue_of(program_.commands[command].unit).push(command);
    }
  }
  board_.wait_for_all(static_cast<std::uint32_t>(program_.commands.size()));
  sc_core::sc_stop();
}

void Chip::fence(std::uint32_t command) {
  board_.wait_for_all(command);
  board_.begin(command, context_.now());
  if (!config_.ideal_dram) dram_.fence(context_.clock_period);
  board_.complete(command, context_.now());
}

void Chip::check_complete() const {
  if (board_.completed() == program_.commands.size()) return;
  std::string waiting;
  for (int unit = 0; unit < kUnits; ++unit) {
    for (std::uint32_t command = 0; command < program_.commands.size(); ++command) {
      const Command& at = program_.commands[command];
      if (static_cast<int>(at.unit) != unit || board_.done(command)) continue;
      waiting += fmt::format("; {} waits at command {}", kUnitNames[unit], command);
      for (const std::uint32_t needed : at.waits) {
        if (board_.done(needed)) continue;
        waiting +=
            fmt::format(" for {} (command {})",
                        kUnitNames[static_cast<int>(program_.commands[needed].unit)], needed);
      }
      break;
    }
  }
  throw std::logic_error(fmt::format("watchdog: cycle {}: {} of {} commands never completed{}",
                                     context_.now(), program_.commands.size() - board_.completed(),
                                     program_.commands.size(), waiting));
}

}  // namespace

ChipRun run_chip(const ChipConfig& config, const Program& program, TileExecutor& executor) {
  ChipRun run;
  run.commands.resize(program.commands.size());
  run.tile_activities.resize(program.commands.size());
  // sc_stop() is how a program ends, nothing to report.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  Chip chip("chip", config, program, executor, run);
  try {
    sc_core::sc_start();
  } catch (const sc_core::sc_report& report) {
    // What a unit's thread throws comes out wrapped; the first line is what it said.
    const std::string text = report.get_msg();
    throw std::logic_error(text.substr(0, text.find('\n')));
  }
  chip.check_complete();
  run.cycles = chip.now();
  run.dram = chip.dram_statistics();
  return run;
}

}  // namespace nibble
