// Programs written command by command, for tests of the chip's timing and of its statistics.
#pragma once

#include <algorithm>

#include "sim/command/program.h"

namespace nibble::test {

/// Appends commands of one stage; each function returns the command's index.
class HandMadeProgram {
 public:
  using Tokens = std::vector<std::uint32_t>;
  using Ranges = std::vector<ScratchpadRange>;

  HandMadeProgram() { open_stage("layer", "forward"); }

  void open_stage(const std::string& layer, const std::string& pass) {
    Stage stage;
    stage.layer = layer;
    stage.pass = pass;
    stage.shape = "1";
    program_.stages.push_back(stage);
  }
  /// The core of the commands that follow.
  void on(int core) {
    core_ = core;
    program_.cores = std::max(program_.cores, core + 1);
  }
  std::uint32_t fence() { return add(Unit::sequencer, Fence{}, {}, {}); }

  /// One column and one k: as many products as rows; run_by_rows gives it `rows` cycles.
  std::uint32_t tile(std::int64_t rows, const Tokens& waits = {}, const Ranges& ranges = {},
                     Unit unit = Unit::tile) {
    TileCommand command;
    command.gemm = static_cast<std::uint32_t>(program_.gemms.size());
    command.precision = unit == Unit::tile ? TilePrecision::nibble4 : TilePrecision::fp16;
    command.shape = {rows, 1, 1};
    command.m_end = rows;
    command.n_end = command.k_end = 1;
    ProgramGemm gemm;
    gemm.layer = program_.stages.back().layer;
    gemm.precision = command.precision;
    gemm.lowered.shape = command.shape;
    program_.gemms.push_back(gemm);
    program_.stages.back().macs += command.shape.macs();
    return add(unit, command, waits, ranges);
  }
  /// One relu over `elements`.
  std::uint32_t sfu(std::int64_t elements, const Tokens& waits = {}, const Ranges& ranges = {}) {
    return add(Unit::sfu, SfuCommand{{SfuStep::relu}, elements, 0}, waits, ranges);
  }
  std::uint32_t load(std::uint64_t address, Bytes bytes, Bytes to, const Tokens& waits = {}) {
    return multicast(address, bytes, to, {core_}, waits);
  }
  /// To the same place in several cores.
  std::uint32_t multicast(std::uint64_t address, Bytes bytes, Bytes to,
                          const std::vector<int>& cores, const Tokens& waits = {}) {
    Ranges ranges;
    for (const int core : cores) ranges.push_back({to, to + bytes, true, core});
    return add(Unit::dma_load, DmaTransfer{address, bytes}, waits, ranges);
  }
  std::uint32_t store(std::uint64_t address, Bytes bytes, Bytes from, const Tokens& waits = {}) {
    return add(Unit::dma_store, DmaTransfer{address, bytes}, waits,
               {{from, from + bytes, false, core_}});
  }
  /// Bytes [0, bytes) of core `from` to bytes [to, to + bytes) of this core and others.
  std::uint32_t ring(int from, Bytes bytes, Bytes to, const std::vector<int>& cores,
                     const Tokens& waits = {}) {
    Ranges ranges{{0, bytes, false, from}};
    for (const int core : cores) ranges.push_back({to, to + bytes, true, core});
    return add(Unit::ring, RingTransfer{from, bytes}, waits, ranges);
  }
  std::uint32_t link(Bytes bytes, const Tokens& waits = {}) {
    return add(Unit::link, LinkTransfer{bytes}, waits, {});
  }

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] Program& program() { return program_; }

 private:
  template <typename Body>
  std::uint32_t add(Unit unit, Body body, const Tokens& waits, const Ranges& ranges) {
    Command command;
    command.unit = unit;
    command.core = core_;
    command.stage = static_cast<std::uint32_t>(program_.stages.size()) - 1;
    command.waits = waits;
    command.scratchpad = ranges;
    command.body = std::move(body);
    program_.commands.push_back(std::move(command));
    return static_cast<std::uint32_t>(program_.commands.size()) - 1;
  }

  Program program_;
  int core_ = 0;
};

}  // namespace nibble::test
