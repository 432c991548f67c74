#include "sim/dram/dram_trace.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <string_view>

#include "sim/base/bad_input.h"
#include "sim/dram/dram_system.h"

namespace nibble {
namespace {

struct TraceRequest {
  Access access = Access::read;
  std::int64_t address = 0;
  DramClock cycle = 0;
};

/// Splits one line into words and knows where each stood.
class TraceLine {
 public:
  TraceLine(std::string_view text, const std::string& name, int number)
      : text_(text.substr(0, text.find('#'))), name_(name), number_(number) {}

  /// Empty at the end of the line.
  std::string_view next() {
    constexpr std::string_view kBlank = " \t\r";
    const std::size_t begin = std::min(text_.find_first_not_of(kBlank, end_), text_.size());
    end_ = std::min(text_.find_first_of(kBlank, begin), text_.size());
    column_ = static_cast<int>(begin) + 1;
    return text_.substr(begin, end_ - begin);
  }

  [[nodiscard]] BadInput error(const char* key, std::string_view word, const char* allowed) const {
    constexpr std::size_t kShown = 40;  // of a word that may be anything
    return {{name_, number_, column_},
            key,
            word.empty() ? "is missing" : "is " + std::string(word.substr(0, kShown)),
            allowed};
  }

 private:
  std::string_view text_;
  const std::string& name_;
  int number_;
  std::size_t end_ = 0;
  int column_ = 0;
};

std::optional<std::int64_t> parse_number(std::string_view word, int base) {
  if (base == 16 && (word.substr(0, 2) == "0x" || word.substr(0, 2) == "0X")) word.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (fault != std::errc() || end != word.data() + word.size() || value < 0) return std::nullopt;
  return value;
}

/// Nothing for a line without a request.
std::optional<TraceRequest> parse_request(TraceLine line, Bytes capacity, DramClock earliest) {
  TraceRequest request;
  const std::string_view kind = line.next();
  if (kind.empty()) return std::nullopt;
  if (kind != "R" && kind != "W") throw line.error("request", kind, "allowed are R and W");
  request.access = kind == "R" ? Access::read : Access::write;
  const std::string_view address = line.next();
  const std::optional<std::int64_t> parsed = parse_number(address, 16);
  if (!parsed || *parsed > capacity - kTraceRequestBytes) {
    const std::string allowed =
        "allowed is a hexadecimal number that leaves 64 bytes below " + std::to_string(capacity);
    throw line.error("address", address, allowed.c_str());
  }
  if (*parsed % kTraceRequestBytes != 0) {
    throw line.error("address", address, "allowed are multiples of 64 bytes (40 in hexadecimal)");
  }
  request.address = *parsed;
  const std::string_view cycle = line.next();
  constexpr DramClock kMostCycle = DramClock{1} << 40;
  if (!cycle.empty()) {
    const std::optional<std::int64_t> clock = parse_number(cycle, 10);
    if (!clock || *clock > kMostCycle) {
      throw line.error("cycle", cycle, "allowed is a decimal number up to 2^40, or nothing");
    }
    if (*clock < earliest) {
      const std::string allowed =
          "allowed is a cycle not before an earlier line's, " + std::to_string(earliest);
      throw line.error("cycle", cycle, allowed.c_str());
    }
    request.cycle = *clock;
  }
  const std::string_view rest = line.next();
  if (!rest.empty()) throw line.error("line", rest, "allowed is nothing after the cycle");
  return request;
}

DramConfig with_data_times(const DramConfig& config) {
  DramParameters p = config.parameters();
  p.write_completion = WriteCompletion::written;  // so that completions say when data moved
  return DramConfig(p);
}

class TraceRun {
 public:
  explicit TraceRun(const DramConfig& config)
      : dram_(with_data_times(config)), period_(config.clock_period_ps()) {}

  void offer(const TraceRequest& r) {
    clock_ = std::max(clock_, r.cycle);
    advance(clock_ * period_);
    while (!dram_.has_room(r.address, kTraceRequestBytes, r.access)) advance(++clock_ * period_);
    dram_.submit(clock_ * period_, r.address, kTraceRequestBytes, r.access);
    accepted_.push_back({clock_, r.access});
    ++(r.access == Access::read ? result_.reads : result_.writes);
    ++clock_;
  }

  DramTraceResult finish() {
    while (const std::optional<Picoseconds> next = dram_.next_completion()) advance(*next);
    if (result_.reads > 0) {
      result_.mean_read_latency_clocks =
          static_cast<double>(read_latencies_) / static_cast<double>(result_.reads);
    }
    result_.statistics = dram_.statistics();
    return result_;
  }

 private:
  struct Accepted {
    DramClock clock;
    Access access;
    bool done = false;
  };

  void advance(Picoseconds to) {
    dram_.advance_to(to);
    while (const std::optional<DramCompletion> done = dram_.pop_completion()) complete(*done);
  }

  void complete(const DramCompletion& done) {
    Accepted& request = accepted_[static_cast<std::size_t>(done.id - first_id_)];
    const DramClock clock = done.time_ps / period_;
    result_.last_data_clock = std::max(result_.last_data_clock, clock);
    if (request.access == Access::read) {
      result_.last_read_clock = std::max(result_.last_read_clock, clock);
      read_latencies_ += clock - request.clock;
    }
    request.done = true;
    for (; !accepted_.empty() && accepted_.front().done; ++first_id_) accepted_.pop_front();
  }

  DramSystem dram_;
  Picoseconds period_;
  DramClock clock_ = 0;            // the earliest clock of the next request
  std::deque<Accepted> accepted_;  // by id, from first_id_ on
  TransactionId first_id_ = 0;
  DramClock read_latencies_ = 0;
  DramTraceResult result_;
};

}  // namespace

DramTraceResult run_dram_trace(std::istream& trace, const std::string& name,
                               const DramConfig& config) {
  TraceRun run(config);
  std::string text;
  DramClock latest = 0;  // cycle of the lines so far
  for (int number = 1; std::getline(trace, text); ++number) {
    const auto request =
        parse_request(TraceLine(text, name, number), config.capacity_bytes(), latest);
    if (!request) continue;
    latest = std::max(latest, request->cycle);
    run.offer(*request);
  }
  if (trace.bad()) throw bad_file(name, "cannot be read");
  return run.finish();
}

}  // namespace nibble
