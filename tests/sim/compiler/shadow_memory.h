// A memory that remembers, for every byte, which byte of which version of which tensor lies there,
// who wrote it and who has read it since. Throws ProgramFault where an access is not ordered by
// tokens.
#pragma once

#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/sim/compiler/command_order.h"

namespace nibble::test {

class ProgramFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Byte `byte` of a tensor as its `version`-th writer left it; version 0 is what a persistent
/// tensor holds before the step. A sum over the cores lies in parts, one a core, until they are
/// added up.
struct Tag {
  static constexpr int kTotal = -1;
  int tensor = -1;
  int version = 0;
  Bytes byte = 0;
  int part = kTotal;
};

class ShadowMemory {
 public:
  ShadowMemory(std::string name, const Program& program, const CommandOrder& order)
      : name_(std::move(name)), program_(program), order_(order) {}

  /// What lies there before the program.
  void put(std::uint64_t address, const Tag& tag) { cell(address).tag = tag; }
  [[nodiscard]] const Tag& look(std::uint64_t address) { return cell(address).tag; }

  Tag read(std::uint64_t address, std::uint32_t command);
  void write(std::uint64_t address, const Tag& tag, std::uint32_t command);

 private:
  static constexpr std::uint64_t kPageBytes = 256;
  struct Cell {
    Tag tag;
    std::int64_t writer = -1;
    std::vector<std::uint32_t> readers;  // the last of each unit, since it was written
  };

  Cell& cell(std::uint64_t address);
  void check_order(std::int64_t earlier, std::uint32_t later, const char* what,
                   std::uint64_t address) const;

  std::string name_;
  const Program& program_;
  const CommandOrder& order_;
  std::unordered_map<std::uint64_t, std::vector<Cell>> pages_;
  std::uint64_t last_page_ = 0;  // neighbouring bytes are asked for one after the other
  Cell* last_cells_ = nullptr;
};

}  // namespace nibble::test
