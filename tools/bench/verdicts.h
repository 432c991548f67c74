// The bars a benchmark vouches for: each figure is printed with its bar beside it and whether it is
// met, below the benchmark's table. tools/bench/run gathers these lines, by their first word, into
// one table at its end.
#pragma once

#include <string>

#include <fmt/core.h>

namespace nibble {

class Verdicts {
 public:
  void at_most(const std::string& what, double figure, double bar, const char* unit) {
    add(figure <= bar, what, fmt::format("{:.3g} {}, at most {:g}", figure, unit, bar));
  }
  void at_least(const std::string& what, double figure, double bar, const char* unit) {
    add(figure >= bar, what, fmt::format("{:.3g} {}, at least {:g}", figure, unit, bar));
  }
  /// Something that is either so or not.
  void holds(const std::string& what, bool so) { add(so, what, so ? "yes" : "no"); }

  /// Prints the lines; returns what the benchmark exits with.
  [[nodiscard]] int finish() const {
    fmt::print("\n{}", lines_);
    return all_met_ ? 0 : 1;
  }

 private:
  void add(bool met, const std::string& what, const std::string& figure) {
    lines_ += fmt::format("{:<7}{:<58}{}\n", met ? "met" : "MISSED", what, figure);
    all_met_ = all_met_ && met;
  }

  std::string lines_;
  bool all_met_ = true;
};

}  // namespace nibble
