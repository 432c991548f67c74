// Which part of a run a timeline shows: all of it, the cycles BEGIN:END, or stages by name.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "sim/base/units.h"

namespace nibble {

class TimelineWindow {
 public:
  static constexpr Cycles kOpenEnd = std::numeric_limits<Cycles>::max();

  /// The whole run.
  TimelineWindow() = default;
  /// "1000:5000", "1000:", ":5000" (cycles of the run, the end not included), or stages as "LAYER
  /// PASS" or "LAYER", where each * stands for any characters. Throws BadInput, which names
  /// `option`, for cycles without any.
  TimelineWindow(const std::string& text, const std::string& option);

  /// Throws BadInput, which names `option`, if stages are asked for by a name that none has.
  void check_stages(const std::vector<std::string>& names, const std::string& option) const;

  /// A stage is "LAYER PASS" and takes these cycles.
  [[nodiscard]] bool has_stage(const std::string& name, Cycles begin, Cycles end) const;
  /// Of a stage that it has: a command that runs, or happens without any time, in these cycles.
  [[nodiscard]] bool has_cycles(Cycles begin, Cycles end) const;

  /// Cycles that it may show; the end may lie behind the run's.
  [[nodiscard]] Cycles begin() const { return begin_; }
  [[nodiscard]] Cycles end() const { return end_; }
  [[nodiscard]] bool is_whole_run() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] bool names(const std::string& stage) const;

  std::string text_;
  std::string stages_;  // empty: all
  Cycles begin_ = 0, end_ = kOpenEnd;
};

}  // namespace nibble
