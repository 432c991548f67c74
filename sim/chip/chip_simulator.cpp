// The chip: cores and memory wired together, and the control that runs one segment after the other.
#include <optional>
#include <stdexcept>
#include <systemc>

#include <fmt/format.h>

#include "sim/chip/chip_run.h"
#include "sim/chip/core.h"
#include "sim/chip/dram_target.h"
#include "sim/chip/link_timing.h"
#include "sim/chip/sfu_timing.h"

namespace nibble {

class ChipSimulator::Chip : public sc_core::sc_module {
 public:
  Chip(const sc_core::sc_module_name& name, const ChipConfig& config);

  [[nodiscard]] ChipRun run(const Program& program, Segment segment, TileExecutor& executor);
  [[nodiscard]] DramStatistics dram_statistics();

 private:
  void control();
  void close_segment();
  [[nodiscard]] Cycles duration_of(std::uint32_t command);
  [[nodiscard]] Cycles execute_tile(std::uint32_t command);
  [[nodiscard]] std::string who_waits() const;

  ChipContext context_;
  MemoryPort memory_port_;
  sc_core::sc_vector<Core> cores_;
  DramTarget dram_;
  sc_core::sc_event started_;
  Segment segment_;
  bool requested_ = false, complete_ = false;
  TileExecutor* executor_ = nullptr;
  std::vector<TileActivity> activities_;  // of the segment under way
};

ChipSimulator::Chip::Chip(const sc_core::sc_module_name& name, const ChipConfig& config)
    : sc_module(name),
      context_(config),
      memory_port_("memory_port"),
      cores_("core"),
      dram_("dram", DramConfig(config.dram)) {
  cores_.init(static_cast<std::size_t>(config.cores), [this](const char* core, std::size_t index) {
    return new Core(core, static_cast<int>(index), context_, memory_port_,
                    [this](std::uint32_t command) { return duration_of(command); });
  });
  memory_port_.bind(dram_.socket);
  SC_HAS_PROCESS(Chip);
  SC_THREAD(control);
}

Cycles ChipSimulator::Chip::execute_tile(std::uint32_t command) {
  const Command& at = context_.command(command);
  const TileActivity activity =
      executor_->execute(at.core, at.unit, std::get<TileCommand>(at.body));
  activities_[command - segment_.begin] = activity;
  return activity.cycles;
}

Cycles ChipSimulator::Chip::duration_of(std::uint32_t command) {
  const ChipConfig& config = context_.config;
  const Command& at = context_.command(command);
  if (std::holds_alternative<TileCommand>(at.body)) return execute_tile(command);
  if (const auto* sfu = std::get_if<SfuCommand>(&at.body)) {
    return config.ideal_sfu ? 0 : sfu_cycles(*sfu, config.sfu);
  }
  if (config.ideal_ring) return 0;
  if (const auto* link = std::get_if<LinkTransfer>(&at.body)) {
    return link_cycles(*link, config.link);
  }
  const auto& transfer = std::get<RingTransfer>(at.body);
  const Cycles now = context_.now();
  return context_.ring.transfer(now, context_.ring.routes_of(at), transfer.bytes) - now;
}

/// Waits for the segment's commands and brings the memory into its canonical state.
void ChipSimulator::Chip::close_segment() {
  const std::size_t commands = segment_.end - segment_.begin;
  const bool fenced = commands > 0 && context_.command(segment_.end - 1).unit == Unit::sequencer;
  context_.board.wait_for_all(fenced ? commands - 1 : commands);
  if (!fenced) return;
  context_.board.begin(segment_.end - 1, context_.now());
  if (!context_.config.ideal_dram) dram_.fence(context_.clock_period);
  context_.board.complete(segment_.end - 1, context_.now());
}

void ChipSimulator::Chip::control() {
  for (;;) {
    while (!requested_) wait(started_);
    requested_ = false;
    for (Core& core : cores_) core.start(segment_);
    close_segment();
    complete_ = true;
    sc_core::sc_pause();
  }
}

/// Without fences refreshes would fall into one segment or another.
DramStatistics ChipSimulator::Chip::dram_statistics() {
  return context_.config.ideal_dram ? DramStatistics() : dram_.statistics();
}

ChipRun ChipSimulator::Chip::run(const Program& program, Segment segment, TileExecutor& executor) {
  if (program.cores > context_.config.cores) {
    throw std::logic_error(fmt::format("a program for {} cores on a chip of {}", program.cores,
                                       context_.config.cores));
  }
  segment_ = segment;
  executor_ = &executor;
  complete_ = false;
  activities_.assign(segment.end - segment.begin, {});
  context_.open(program, segment);
  const DramStatistics dram_before = dram_statistics();
  requested_ = true;
  started_.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start();
  if (!complete_) throw std::logic_error(who_waits());
  ChipRun run;
  run.cycles = context_.now();
  run.commands = context_.board.take_times();
  run.tile_activities = std::move(activities_);
  run.dram = dram_statistics();
  run.dram -= dram_before;
  run.segment_dram = {run.dram};
  return run;
}

std::string ChipSimulator::Chip::who_waits() const {
  const auto unit_text = [](const Command& of) {
    return fmt::format("{} of core {}", kUnitNames[static_cast<int>(of.unit)], of.core);
  };
  std::string waiting;
  const CompletionBoard& board = context_.board;
  std::vector<bool> named(static_cast<std::size_t>(context_.config.cores) * kUnits, false);
  for (std::uint32_t command = segment_.begin; command < segment_.end; ++command) {
    const Command& at = context_.command(command);
    const auto unit =
        static_cast<std::size_t>(at.core) * kUnits + static_cast<std::size_t>(at.unit);
    if (board.done(command) || named[unit]) continue;
    named[unit] = true;
    waiting += fmt::format("; {} waits at command {}", unit_text(at), command);
    for (const std::uint32_t needed : at.waits) {
      if (board.done(needed)) continue;
      waiting += fmt::format(" for {} (command {})", unit_text(context_.command(needed)), needed);
    }
  }
  const std::size_t commands = segment_.end - segment_.begin;
  return fmt::format("watchdog: cycle {}: {} of {} commands never completed{}", context_.now(),
                     commands - board.completed(), commands, waiting);
}

ChipSimulator::ChipSimulator(const ChipConfig& config) {
  // sc_pause() is how a segment ends, nothing to report.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  chip_ = std::make_unique<Chip>("chip", config);
}

ChipSimulator::~ChipSimulator() = default;

ChipRun ChipSimulator::run(const Program& program, Segment segment, TileExecutor& executor) {
  try {
    return chip_->run(program, segment, executor);
  } catch (const sc_core::sc_report& report) {
    // What a unit's thread throws comes out wrapped; the first line is what it said.
    const std::string text = report.get_msg();
    throw std::logic_error(text.substr(0, text.find('\n')));
  }
}

DramStatistics ChipSimulator::dram_statistics() const { return chip_->dram_statistics(); }

}  // namespace nibble
