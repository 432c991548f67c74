// What one MAC takes in columns of any number of lanes, from the few that were synthesised.
#pragma once

#include <string>
#include <vector>

namespace nibble {

/// A column that was synthesised.
struct ColumnArea {
  int lanes = 0;
  double mac_um2 = 0;   // of the column, over its lanes
  std::string netlist;  // a design of configs/silicon/*.json
};

/// The area of a MAC is a + b / lanes, a lane's own and what the column has once: between two
/// entries by these two, outside by the nearest two.
class ColumnAreas {
 public:
  ColumnAreas() = default;
  /// Precondition: at least two entries, lanes ascending; a longer column takes no less area than a
  /// shorter one, and its MAC no more. So areas of all lengths from one lane on are positive.
  explicit ColumnAreas(std::vector<ColumnArea> entries) : entries_(std::move(entries)) {}

  /// Square micrometres of a MAC at the library's node. Precondition: lanes >= 1.
  [[nodiscard]] double mac_um2(int lanes) const;
  /// The netlist of so many lanes, or the two that it lies between (or beyond).
  [[nodiscard]] std::string netlists(int lanes) const;

 private:
  /// The second of the two entries that `lanes` is computed from.
  [[nodiscard]] std::size_t upper(int lanes) const;

  std::vector<ColumnArea> entries_;
};

}  // namespace nibble
