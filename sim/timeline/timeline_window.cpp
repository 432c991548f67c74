#include "sim/timeline/timeline_window.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "sim/base/bad_input.h"
#include "sim/config/name_pattern.h"
#include "sim/config/nearest_word.h"

namespace nibble {
namespace {

constexpr const char* kAllowed =
    "allowed are cycles, BEGIN:END with BEGIN below END, or stages, \"LAYER PASS\"";

/// "123"; nothing if it is something else.
std::optional<Cycles> cycles_in(std::string_view text) {
  Cycles cycles = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cycles);
  if (error != std::errc() || end != text.data() + text.size() || cycles < 0) return std::nullopt;
  return cycles;
}

/// A network may have hundreds of stages: the line names some of them.
std::string some_words(std::vector<std::string> names) {
  constexpr std::size_t kMost = 12;
  const std::size_t all = names.size();
  names.resize(std::min(all, kMost));
  const std::string text = allowed_words(names);
  return all > kMost ? text + " and " + std::to_string(all - kMost) + " more" : text;
}

std::string layer_of(const std::string& stage) { return stage.substr(0, stage.rfind(' ')); }

}  // namespace

TimelineWindow::TimelineWindow(const std::string& text, const std::string& option) : text_(text) {
  if (text.empty()) throw BadInput({option, 0, 0}, "", "is empty", kAllowed);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    stages_ = text;
    return;
  }
  const std::string_view first = std::string_view(text).substr(0, colon);
  const std::string_view last = std::string_view(text).substr(colon + 1);
  const auto begin = first.empty() ? std::optional<Cycles>(0) : cycles_in(first);
  const auto end = last.empty() ? std::optional<Cycles>(kOpenEnd) : cycles_in(last);
  if (!begin || !end) {
    throw BadInput({option, 0, 0}, "", "\"" + text + "\" is no range of cycles", kAllowed);
  }
  if (*begin >= *end) {
    throw BadInput({option, 0, 0}, "", "\"" + text + "\" has no cycle", kAllowed);
  }
  begin_ = *begin;
  end_ = *end;
}

bool TimelineWindow::names(const std::string& stage) const {
  return stages_.empty() || fits_pattern(stages_, stage) || fits_pattern(stages_, layer_of(stage));
}

void TimelineWindow::check_stages(const std::vector<std::string>& names,
                                  const std::string& option) const {
  const auto is_named = [this](const std::string& name) { return this->names(name); };
  if (std::any_of(names.begin(), names.end(), is_named)) return;
  throw BadInput({option, 0, 0}, "",
                 "\"" + stages_ + "\": " + unknown_fault("stage", stages_, names),
                 some_words(names));
}

bool TimelineWindow::has_stage(const std::string& name, Cycles begin, Cycles end) const {
  return names(name) && has_cycles(begin, end);
}

bool TimelineWindow::has_cycles(Cycles begin, Cycles end) const {
  return begin < end_ && (end > begin_ || begin >= begin_);
}

}  // namespace nibble
