// Ctrl-C as a question: whoever works looks at it where he can stop.
#pragma once

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
  struct sigaction before_[2];
};

}  // namespace nibble
