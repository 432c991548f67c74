// A line on the terminal for anything that takes more than two seconds: how far, how fast, how
// long still. Silent when standard error is not a terminal, so that logs stay clean.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace nibble {

/// "42 % of 1200 layers, 85.3 layers/s, 8 s left". Pure, for tests; `total` 0 = unknown.
[[nodiscard]] std::string progress_text(const std::string& label, const std::string& unit,
                                        std::int64_t done, std::int64_t total, double seconds);

class Progress {
 public:
  /// `unit` in the plural ("commands"); `total` 0 when it is not known beforehand.
  Progress(std::string label, std::string unit, std::int64_t total);
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Cheap enough for every command: looks at the clock only once in a while.
  void advance(std::int64_t count = 1) {
    done_ += count;
    if (visible_ && (++calls_ & kClockMask) == 0) refresh();
  }
  /// So many of the total take no time: rate and time left are those of the others.
  void skip(std::int64_t count = 1) { total_ -= count; }
  /// What is being done by now.
  void relabel(std::string label) { label_ = std::move(label); }
  /// For callers whose steps are long: shows the line now if it is due.
  void refresh();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint32_t kClockMask = 15;

  std::string label_, unit_;
  std::int64_t total_ = 0, done_ = 0;
  std::uint32_t calls_ = 0;
  bool visible_ = false, shown_ = false;
  Clock::time_point start_, next_;
};

}  // namespace nibble
