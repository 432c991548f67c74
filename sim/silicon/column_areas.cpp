#include "sim/silicon/column_areas.h"

#include <algorithm>

namespace nibble {

std::size_t ColumnAreas::upper(int lanes) const {
  const auto found =
      std::find_if(entries_.begin() + 1, entries_.end() - 1,
                   [lanes](const ColumnArea& entry) { return entry.lanes >= lanes; });
  return static_cast<std::size_t>(found - entries_.begin());
}

double ColumnAreas::mac_um2(int lanes) const {
  const ColumnArea& above = entries_[upper(lanes)];
  const ColumnArea& below = entries_[upper(lanes) - 1];
  const double a =
      (above.lanes * above.mac_um2 - below.lanes * below.mac_um2) / (above.lanes - below.lanes);
  const double b = (above.mac_um2 - a) * above.lanes;
  return a + b / lanes;
}

std::string ColumnAreas::netlists(int lanes) const {
  const ColumnArea& above = entries_[upper(lanes)];
  const ColumnArea& below = entries_[upper(lanes) - 1];
  if (lanes == above.lanes) return above.netlist;
  if (lanes == below.lanes) return below.netlist;
  const char* where = below.lanes < lanes && lanes < above.lanes ? "between " : "beyond ";
  return where + below.netlist + " and " + above.netlist;
}

}  // namespace nibble
