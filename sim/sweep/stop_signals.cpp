#include "sim/sweep/stop_signals.h"

namespace nibble {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

}  // namespace

StopSignals::StopSignals() {
  stop_asked = 0;
  struct sigaction ask {};
  ask.sa_handler = [](int /*signal*/) { stop_asked = 1; };
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &ask, &before_[i]);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

bool StopSignals::asked() { return stop_asked != 0; }

}  // namespace nibble
