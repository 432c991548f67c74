#include "sim/command/program.h"

#include <utility>

namespace nibble {

ProgramOutline outline_of(const Program& program) {
  return {program.stages,           static_cast<std::int64_t>(program.commands.size()),
          program.compulsory_bytes, program.scratchpad_peak_bytes,
          program.dram_bytes,       program.persistent_bytes};
}

void append_stage(Program& program, Program next) {
  const auto commands = static_cast<std::uint32_t>(program.commands.size());
  const auto stages = static_cast<std::uint32_t>(program.stages.size());
  const auto gemms = static_cast<std::uint32_t>(program.gemms.size());
  for (Command& command : next.commands) {
    command.stage += stages;
    for (std::uint32_t& token : command.waits) token += commands;
    if (auto* tile = std::get_if<TileCommand>(&command.body)) tile->gemm += gemms;
    program.commands.push_back(std::move(command));
  }
  for (Stage& stage : next.stages) program.stages.push_back(std::move(stage));
  for (ProgramGemm& gemm : next.gemms) program.gemms.push_back(std::move(gemm));
}

}  // namespace nibble
