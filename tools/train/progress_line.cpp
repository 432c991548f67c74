#include "tools/train/progress_line.h"

#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace nibble {

std::string quality_text(const TrainingTask& task, double loss, double accuracy_percent) {
  return task.sequence_length > 0 ? fmt::format("perplexity {:.2f}", std::exp(loss))
                                  : fmt::format("{:.2f} %", accuracy_percent);
}

std::string step_text(const TrainingTask& task, const StepReport& report) {
  const auto left = static_cast<long>(report.seconds_left);
  return fmt::format("epoch {} of {}, step {} of {}, loss {:.3f}, {}, {:.0f} {}/s, {}:{:02} left",
                     report.epoch, report.epochs, report.step, report.steps, report.loss,
                     quality_text(task, report.loss, report.accuracy_percent), report.samples_per_s,
                     task.sequence_length > 0 ? "sequences" : "images", left / 60, left % 60);
}

std::string epoch_text(const TrainingTask& task, std::int64_t epoch, const EpochResult& result) {
  std::string text =
      fmt::format("epoch {}: train loss {:.4f}, {}", epoch, result.train_loss,
                  quality_text(task, result.train_loss, result.train_accuracy_percent));
  if (result.validation) {
    text += fmt::format(
        ", validation loss {:.4f}, {}", result.validation->loss,
        quality_text(task, result.validation->loss, result.validation->accuracy_percent));
  }
  return text + fmt::format(", {:.1f} s", result.seconds);
}

std::string trace_text(const TraceSummary& trace) {
  return fmt::format("trace of step {}: {} operations, {} results replayed, {} mismatches",
                     trace.step, trace.operations, trace.results, trace.mismatches);
}

ProgressLine::ProgressLine() : visible_(isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(const TrainingTask& task, const StepReport& report) {
  const Clock::time_point now = Clock::now();
  if (!visible_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(500);
  fmt::print(stderr, "\r\033[K{}", step_text(task, report));
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (visible_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::print(const std::string& text) {
  clear();
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

}  // namespace nibble
