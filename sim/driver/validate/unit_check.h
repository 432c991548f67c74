// Counts of one unit of the validation table, and its first mismatches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/progress.h"

namespace nibble {

class UnitCheck {
 public:
  explicit UnitCheck(std::string unit)
      : unit_(std::move(unit)), progress_("validate: " + unit_, "cases", 0) {}

  /// One case. `describe` is called for the first mismatches only and says what was expected, what
  /// the reference gave and what the RTL gave.
  template <typename Describe>
  void expect(bool equal, const Describe& describe) {
    if ((++cases_ & (kProgressStep - 1)) == 0) progress_.advance(kProgressStep);
    if (equal) return;
    if (++mismatches_ <= kExamples) examples_.push_back(describe());
  }

  [[nodiscard]] const std::string& unit() const { return unit_; }
  [[nodiscard]] std::int64_t cases() const { return cases_; }
  [[nodiscard]] std::int64_t mismatches() const { return mismatches_; }
  [[nodiscard]] const std::vector<std::string>& examples() const { return examples_; }

 private:
  static constexpr std::int64_t kProgressStep = 1 << 14;
  static constexpr std::int64_t kExamples = 5;

  std::string unit_;
  Progress progress_;
  std::int64_t cases_ = 0, mismatches_ = 0;
  std::vector<std::string> examples_;
};

}  // namespace nibble
