// The slices of a timeline in bounded memory: when there are too many, those of a unit that follow
// one another in a stage become one, first by two, then by four and so on, over the whole timeline
// alike. Only if each unit has one slice a stage and there are still too many is the rest dropped.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "sim/timeline/slice.h"

namespace nibble {

class SliceStore {
 public:
  /// Keeps at most `most` slices, at least 1.
  explicit SliceStore(std::int64_t most) : most_(static_cast<std::size_t>(most)) {}

  /// Slices of a unit come in order, and those of a stage together.
  void add(Slice slice);

  [[nodiscard]] const std::vector<Slice>& slices() const { return slices_; }
  /// The most commands that any slice may stand for; 1 if nothing was merged.
  [[nodiscard]] std::int64_t group() const { return group_; }
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }

 private:
  using Owner = std::tuple<std::uint32_t, int, Unit>;  // stage, core, unit
  void halve();
  /// Joins the slice to the last one of its unit and stage, or puts it behind all.
  void place(Slice slice);

  std::size_t most_;
  std::vector<Slice> slices_;
  std::map<Owner, std::size_t> last_;  // the last slice of each unit of the latest stage
  std::int64_t group_ = 1, dropped_ = 0;
  bool full_ = false;
};

}  // namespace nibble
