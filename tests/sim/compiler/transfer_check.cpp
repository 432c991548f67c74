#include "tests/sim/compiler/transfer_check.h"

#include <fmt/format.h>

namespace nibble::test {

void fail_command(const Program& program, std::uint32_t command, const std::string& what) {
  throw ProgramFault(fmt::format("command {} ({}) {}", command,
                                 kUnitNames[static_cast<int>(program.commands[command].unit)],
                                 what));
}

void TransferCheck::load(std::uint32_t command) {
  const Command& at = program_.commands[command];
  const auto& transfer = std::get<DmaTransfer>(at.body);
  if (at.scratchpad.size() != 1 || !at.scratchpad.front().write ||
      at.scratchpad.front().end - at.scratchpad.front().begin != transfer.bytes) {
    fail(command, "does not fill one range of as many bytes");
  }
  for (Bytes byte = 0; byte < transfer.bytes; ++byte) {
    const Tag tag = dram_.read(transfer.dram_address + static_cast<std::uint64_t>(byte), command);
    if (tag.tensor < 0) fail(command, "loads bytes that nobody stored");
    scratchpad_.write(static_cast<std::uint64_t>(at.scratchpad.front().begin + byte), tag, command);
  }
}

void TransferCheck::store(std::uint32_t command) {
  const Command& at = program_.commands[command];
  const auto& transfer = std::get<DmaTransfer>(at.body);
  if (at.scratchpad.size() != 1 || at.scratchpad.front().write ||
      at.scratchpad.front().end - at.scratchpad.front().begin != transfer.bytes) {
    fail(command, "does not read one range of as many bytes");
  }
  for (Bytes byte = 0; byte < transfer.bytes; ++byte) {
    const Tag tag =
        scratchpad_.read(static_cast<std::uint64_t>(at.scratchpad.front().begin + byte), command);
    if (tag.tensor < 0) fail(command, "stores bytes that nobody wrote");
    const auto home = placement_.of[static_cast<std::size_t>(tag.tensor)].dram_address;
    const std::uint64_t address = transfer.dram_address + static_cast<std::uint64_t>(byte);
    if (address != home + static_cast<std::uint64_t>(tag.byte)) fail(command, "stores elsewhere");
    dram_.write(address, tag, command);
  }
}

}  // namespace nibble::test
