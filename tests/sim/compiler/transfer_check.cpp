#include "tests/sim/compiler/transfer_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace nibble::test {

void fail_command(const Program& program, std::uint32_t command, const std::string& what) {
  const Command& at = program.commands[command];
  throw ProgramFault(fmt::format(
      "command {} ({} of core {}, {} {}) {}", command, kUnitNames[static_cast<int>(at.unit)],
      at.core, program.stages[at.stage].layer, program.stages[at.stage].pass, what));
}

/// Those that the command writes or reads, which must have `bytes` bytes each.
std::vector<ScratchpadRange> TransferCheck::ranges(std::uint32_t command, bool written,
                                                   Bytes bytes) const {
  std::vector<ScratchpadRange> found;
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    if (range.write != written) continue;
    if (range.end - range.begin != bytes) fail(command, "has a range of other bytes than it moves");
    found.push_back(range);
  }
  return found;
}

void TransferCheck::load(std::uint32_t command) {
  const auto& transfer = std::get<DmaTransfer>(program_.commands[command].body);
  const auto to = ranges(command, true, transfer.bytes);
  const bool mine = std::any_of(to.begin(), to.end(), [&](const ScratchpadRange& range) {
    return range.core == program_.commands[command].core;
  });
  if (!mine || !ranges(command, false, transfer.bytes).empty()) {
    fail(command, "does not fill a range of its own core");
  }
  for (Bytes byte = 0; byte < transfer.bytes; ++byte) {
    const Tag tag = dram_.read(transfer.dram_address + static_cast<std::uint64_t>(byte), command);
    if (tag.tensor < 0) fail(command, "loads bytes that nobody stored");
    for (const ScratchpadRange& range : to) {
      scratchpad(range).write(static_cast<std::uint64_t>(range.begin + byte), tag, command);
    }
  }
}

void TransferCheck::store(std::uint32_t command) {
  const auto& transfer = std::get<DmaTransfer>(program_.commands[command].body);
  const auto from = ranges(command, false, transfer.bytes);
  if (from.size() != 1 || from.front().core != program_.commands[command].core ||
      !ranges(command, true, transfer.bytes).empty()) {
    fail(command, "does not read one range of its core");
  }
  for (Bytes byte = 0; byte < transfer.bytes; ++byte) {
    const Tag tag = scratchpad(from.front())
                        .read(static_cast<std::uint64_t>(from.front().begin + byte), command);
    if (tag.tensor < 0) fail(command, "stores bytes that nobody wrote");
    if (tag.part != Tag::kTotal) fail(command, "stores a part of a sum");
    const auto home = placement_.of[static_cast<std::size_t>(tag.tensor)].dram_address;
    const std::uint64_t address = transfer.dram_address + static_cast<std::uint64_t>(byte);
    if (address != home + static_cast<std::uint64_t>(tag.byte)) fail(command, "stores elsewhere");
    dram_.write(address, tag, command);
  }
}

void TransferCheck::ring(std::uint32_t command) {
  const auto& transfer = std::get<RingTransfer>(program_.commands[command].body);
  const auto from = ranges(command, false, transfer.bytes);
  const auto to = ranges(command, true, transfer.bytes);
  if (from.size() != 1 || from.front().core != transfer.from) {
    fail(command, "does not read one range of the core that it names");
  }
  if (to.empty() || to.front().core != program_.commands[command].core) {
    fail(command, "is not executed by its first receiver");
  }
  for (const ScratchpadRange& range : to) {
    if (range.core == transfer.from) fail(command, "sends bytes to where they come from");
  }
  for (Bytes byte = 0; byte < transfer.bytes; ++byte) {
    const Tag tag = scratchpad(from.front())
                        .read(static_cast<std::uint64_t>(from.front().begin + byte), command);
    if (tag.tensor < 0) fail(command, "sends bytes that nobody wrote");
    for (const ScratchpadRange& range : to) {
      scratchpad(range).write(static_cast<std::uint64_t>(range.begin + byte), tag, command);
    }
  }
}

}  // namespace nibble::test
