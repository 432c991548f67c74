// A file in the trace-event JSON format, which Perfetto and chrome://tracing open: an object whose
// `traceEvents` are written one a line, compressed by gzip on demand.
//
// Times are microseconds of the chip's clock. Perfetto reads them as binary fractions and cuts off
// what is below a nanosecond, so that 0.29 would become 289 ns: such times get the next larger
// fraction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "sim/base/units.h"

namespace nibble {

class TraceEventFile {
 public:
  using Json = nlohmann::ordered_json;
  /// A track: a thread of a process, in the format's words.
  struct Track {
    int process = 0, thread = 0;
  };

  /// `other`: what is said of the file as a whole (otherData). Throws std::runtime_error, as all
  /// below, with the reason if the file cannot be written.
  TraceEventFile(const std::string& path, bool gzip, std::int64_t clock_period_ps,
                 const Json& other);
  ~TraceEventFile();
  TraceEventFile(const TraceEventFile&) = delete;
  TraceEventFile& operator=(const TraceEventFile&) = delete;

  /// Processes, and threads within them, are shown in the order of their numbers.
  void name_process(int process, const std::string& name);
  void name_thread(Track track, const std::string& name);
  /// A command or stage.
  void slice(Track track, const std::string& name, const std::string& category, Cycles begin,
             Cycles end, const Json& arguments);
  /// Values from `time` on, until the counter's next.
  void counter(int process, const std::string& name, Cycles time, const Json& values);
  /// Nothing may follow.
  void finish();

 private:
  struct Stream;
  void put(const Json& event);
  void write(const std::string& text);
  [[nodiscard]] double microseconds(Cycles cycles) const;

  std::unique_ptr<Stream> stream_;
  std::int64_t clock_period_ps_;
  bool first_ = true;
};

}  // namespace nibble
