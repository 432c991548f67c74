#include "sim/timeline/trace_event_file.h"

#include <cerrno>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <zlib.h>

#include "sim/base/bad_input.h"

namespace nibble {

struct TraceEventFile::Stream {
  explicit Stream(gzFile of) : file(of) {}
  ~Stream() {
    if (file != nullptr) gzclose(file);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  gzFile file;
};

namespace {

[[noreturn]] void refuse() { throw std::runtime_error(system_fault("cannot be written", errno)); }

}  // namespace

TraceEventFile::TraceEventFile(const std::string& path, bool gzip, std::int64_t clock_period_ps,
                               const Json& other)
    : clock_period_ps_(clock_period_ps) {
  errno = 0;
  stream_ = std::make_unique<Stream>(gzopen(path.c_str(), gzip ? "wb6" : "wbT"));  // T: plain
  if (stream_->file == nullptr) refuse();
  write("{\"displayTimeUnit\": \"ns\",\n\"otherData\": " + other.dump(1) + ",\n\"traceEvents\": [");
}

TraceEventFile::~TraceEventFile() = default;

void TraceEventFile::write(const std::string& text) {
  errno = 0;
  if (gzwrite(stream_->file, text.data(), static_cast<unsigned>(text.size())) <= 0) refuse();
}

void TraceEventFile::put(const Json& event) {
  write((std::exchange(first_, false) ? "\n" : ",\n") + event.dump());
}

double TraceEventFile::microseconds(Cycles cycles) const {
  const std::int64_t ps = cycles * clock_period_ps_;
  const double us = static_cast<double>(ps) / 1e6;
  const bool cut = static_cast<std::int64_t>(us * 1000.0) < ps / 1000;
  return cut ? std::nextafter(us, std::numeric_limits<double>::infinity()) : us;
}

void TraceEventFile::name_process(int process, const std::string& name) {
  put({{"ph", "M"}, {"pid", process}, {"name", "process_name"}, {"args", {{"name", name}}}});
  put({{"ph", "M"},
       {"pid", process},
       {"name", "process_sort_index"},
       {"args", {{"sort_index", process}}}});
}

void TraceEventFile::name_thread(Track track, const std::string& name) {
  put({{"ph", "M"},
       {"pid", track.process},
       {"tid", track.thread},
       {"name", "thread_name"},
       {"args", {{"name", name}}}});
  put({{"ph", "M"},
       {"pid", track.process},
       {"tid", track.thread},
       {"name", "thread_sort_index"},
       {"args", {{"sort_index", track.thread}}}});
}

void TraceEventFile::slice(Track track, const std::string& name, const std::string& category,
                           Cycles begin, Cycles end, const Json& arguments) {
  put({{"ph", "X"},
       {"pid", track.process},
       {"tid", track.thread},
       {"ts", microseconds(begin)},
       {"dur", microseconds(end - begin)},
       {"name", name},
       {"cat", category},
       {"args", arguments}});
}

void TraceEventFile::counter(int process, const std::string& name, Cycles time,
                             const Json& values) {
  put({{"ph", "C"},
       {"pid", process},
       {"ts", microseconds(time)},
       {"name", name},
       {"args", values}});
}

void TraceEventFile::finish() {
  write("\n]}\n");
  errno = 0;
  if (gzclose(std::exchange(stream_->file, nullptr)) != Z_OK) refuse();
}

}  // namespace nibble
