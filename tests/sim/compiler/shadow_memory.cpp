#include "tests/sim/compiler/shadow_memory.h"

#include <fmt/format.h>

namespace nibble::test {

ShadowMemory::Cell& ShadowMemory::cell(std::uint64_t address) {
  const std::uint64_t number = address / kPageBytes;
  if (last_cells_ == nullptr || number != last_page_) {
    std::vector<Cell>& page = pages_[number];
    if (page.empty()) page.resize(kPageBytes);
    last_page_ = number;
    last_cells_ = page.data();
  }
  return last_cells_[address % kPageBytes];
}

void ShadowMemory::check_order(std::int64_t earlier, std::uint32_t later, const char* what,
                               std::uint64_t address) const {
  if (earlier < 0 || earlier == later) return;
  const auto command = static_cast<std::uint32_t>(earlier);
  if (order_.ends_before(command, later)) return;
  const auto unit = [this](std::uint32_t at) {
    return kUnitNames[static_cast<int>(program_.commands[at].unit)];
  };
  throw ProgramFault(
      fmt::format("command {} ({}) {} {} byte {} that command {} ({}) uses: no token", later,
                  unit(later), what, name_, address, command, unit(command)));
}

Tag ShadowMemory::read(std::uint64_t address, std::uint32_t command) {
  Cell& at = cell(address);
  check_order(at.writer, command, "reads", address);
  for (std::uint32_t& reader : at.readers) {
    if (order_.unit_of(reader) != order_.unit_of(command)) continue;
    reader = command;
    return at.tag;
  }
  at.readers.push_back(command);
  return at.tag;
}

void ShadowMemory::write(std::uint64_t address, const Tag& tag, std::uint32_t command) {
  Cell& at = cell(address);
  check_order(at.writer, command, "overwrites", address);
  for (const std::uint32_t reader : at.readers) check_order(reader, command, "overwrites", address);
  at.readers.clear();
  at.writer = command;
  at.tag = tag;
}

}  // namespace nibble::test
