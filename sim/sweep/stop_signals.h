// Ctrl-C as a question: who runs something long looks now and then whether it is to stop.
#pragma once

#include <array>
#include <csignal>

namespace nibble {

/// While it lives, SIGINT and SIGTERM only ask to stop. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one came since the last of these objects was made.
  [[nodiscard]] static bool asked();

 private:
  static constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace nibble
