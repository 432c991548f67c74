// Rates of short functions: best of many trials in processor time of this thread, all functions in
// turn, so that neighbours on a shared machine disturb little. And the operands to try them on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

namespace nibble {

inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// One thing to time: a call does `macs` multiply-accumulates.
struct Work {
  std::function<void()> run;
  std::int64_t macs = 0;
  double best_gmacs = 0;
};

/// Trials of about `seconds` each, all works in turn.
inline void measure(std::vector<Work>& works, int trials, double seconds) {
  std::vector<std::int64_t> calls;
  for (const Work& work : works) {
    work.run();
    const double start = thread_seconds();
    work.run();
    calls.push_back(static_cast<std::int64_t>(seconds / (thread_seconds() - start + 1e-7)) + 1);
  }
  for (int trial = 0; trial < trials; ++trial) {
    for (std::size_t i = 0; i < works.size(); ++i) {
      const double start = thread_seconds();
      for (std::int64_t call = 0; call < calls[i]; ++call) works[i].run();
      const double elapsed = thread_seconds() - start;
      const auto macs = static_cast<double>(works[i].macs * calls[i]);
      works[i].best_gmacs = std::max(works[i].best_gmacs, 1e-9 * macs / elapsed);
    }
  }
}

template <typename Code>
std::vector<Code> random_codes(std::int64_t count) {
  static std::mt19937 random(1);
  std::vector<Code> codes(static_cast<std::size_t>(count));
  for (Code& code : codes) {
    // fp16: any sign and mantissa, magnitudes from 2^-7 to 2.
    code = sizeof(Code) == 1 ? static_cast<Code>(random() & 0xF)
                             : static_cast<Code>((random() & 0x81FF) | ((24 + random() % 8) << 9));
  }
  return codes;
}

}  // namespace nibble
