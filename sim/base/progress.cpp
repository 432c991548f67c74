#include "sim/base/progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace nibble {
namespace {

constexpr std::chrono::seconds kSilentFor{2};
constexpr std::chrono::milliseconds kBetweenLines{200};
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

std::string progress_text(const std::string& label, const std::string& unit, std::int64_t done,
                          std::int64_t total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  if (total <= 0) return fmt::format("{}: {} {}, {:.3g} {}/s", label, done, unit, rate, unit);
  const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
  std::string text =
      fmt::format("{}: {:.0f} % of {} {}, {:.3g} {}/s", label, percent, total, unit, rate, unit);
  if (rate > 0) text += fmt::format(", {:.0f} s left", static_cast<double>(total - done) / rate);
  return text;
}

Progress::Progress(std::string label, std::string unit, std::int64_t total)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      visible_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + kSilentFor) {}

Progress::~Progress() {
  if (shown_) std::fputs(kEraseLine, stderr);
}

void Progress::refresh() {
  const Clock::time_point now = Clock::now();
  if (!visible_ || now < next_) return;
  next_ = now + kBetweenLines;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  fmt::print(stderr, "{}{}", kEraseLine, progress_text(label_, unit_, done_, total_, seconds));
  std::fflush(stderr);
}

}  // namespace nibble
