#include "tools/energy/port_traffic.h"

#include <algorithm>

#include "models/gemm/operand_values.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

/// A row of codes, the first lowest, as hexadecimal digits.
template <typename Code>
std::string packed(const std::vector<Code>& codes) {
  std::string text;
  char digits[8];
  for (auto code = codes.rbegin(); code != codes.rend(); ++code) {
    std::snprintf(digits, sizeof digits, sizeof(Code) == 1 ? "%x" : "%04x", *code);
    text += digits;
  }
  return text;
}

}  // namespace

MacCounts& MacCounts::operator+=(const MacCounts& other) {
  issued += other.issued;
  useful += other.useful;
  streamed_nonzero += other.streamed_nonzero;
  nonzero += other.nonzero;
  return *this;
}

void PortTraffic::play(const TileCommand& command, const std::vector<NibbleCode>& a,
                       const std::vector<NibbleCode>& b, const std::vector<Fp16Code>& c) {
  command_ = &command;
  a_ = &a;
  b_ = &b;
  c_ = &c;
  const TileSchedule schedule(command, geometry_);
  for (std::int64_t i = -1; i < schedule.passes() && !done(); ++i) {
    const bool has_next = i + 1 < schedule.passes();
    const TilePass pass = i >= 0 ? schedule.pass(i) : TilePass{};
    const TilePass next = has_next ? schedule.pass(i + 1) : TilePass{};
    const int load = next.loads ? geometry_.lanes : 0;
    const int cycles = std::max(load, pass.busy_cycles());
    for (int cycle = 0; cycle < cycles && !done(); ++cycle) {
      clock((cycle < load ? b_text(next, cycle) : "0 0 0 0") + " " +
            (cycle < pass.busy_cycles() ? a_text(pass, cycle) : "0 0 0 0 0 0 0 0"));
    }
  }
  for (Cycles i = 0; i < tile_latency(geometry_); ++i) clock("0 0 0 0 0 0 0 0 0 0 0 0");
}

void PortTraffic::clock(const std::string& inputs) {
  ++clock_;
  const auto due = due_.find(clock_);
  std::fprintf(out_, "%s %s\n", inputs.c_str(), due != due_.end() ? due->second.c_str() : "0 0 0");
  if (due != due_.end()) due_.erase(due);
}

std::int64_t PortTraffic::columns(const TilePass& pass) const {
  return std::min<std::int64_t>(geometry_.cols, command_->n_end - pass.n_begin);
}

std::vector<NibbleCode> PortTraffic::b_row(const TilePass& pass, int lane) const {
  std::vector<NibbleCode> row(static_cast<std::size_t>(geometry_.cols), 0);
  const std::int64_t k = pass.k_begin + lane;
  for (std::int64_t col = 0; col < columns(pass) && k < command_->shape.k; ++col) {
    row[static_cast<std::size_t>(col)] =
        (*b_)[static_cast<std::size_t>(k * command_->shape.n + pass.n_begin + col)];
  }
  return row;
}

/// b_valid b_signed b_lane b_row
std::string PortTraffic::b_text(const TilePass& pass, int lane) const {
  const bool is_signed = command_->arithmetic.stationary == StationaryFormat::s4;
  char head[32];
  std::snprintf(head, sizeof head, "1 %d %x ", is_signed ? 1 : 0, static_cast<unsigned>(lane));
  return head + packed(b_row(pass, lane));
}

/// a_valid swap fold first last format acc a_row; a last row becomes due.
std::string PortTraffic::a_text(const TilePass& pass, int cycle) {
  const bool fold = cycle >= pass.rows;
  const int acc = fold ? cycle - pass.rows : cycle;
  const bool last = pass.gives_result && fold == pass.folds;
  std::vector<NibbleCode> row(static_cast<std::size_t>(geometry_.lanes), 0);
  for (int lane = 0; lane < pass.chunk_len; ++lane) {
    row[static_cast<std::size_t>(lane)] = (*a_)[static_cast<std::size_t>(
        (pass.m_begin + acc) * command_->shape.k + pass.k_begin + lane)];
  }
  if (!fold) count(pass, row);
  if (last) {
    // This clock's edge takes the row.
    due_[clock_ + 1 + tile_latency(geometry_)] = result_text(pass, acc);
  }
  char head[64];
  std::snprintf(head, sizeof head, "1 %d %d %d %d %x %x ", cycle == 0 && pass.loads ? 1 : 0,
                fold ? 1 : 0, (fold ? pass.first_fold : pass.first_chunk) ? 1 : 0, last ? 1 : 0,
                static_cast<unsigned>(command_->arithmetic.stream), static_cast<unsigned>(acc));
  return head + packed(row);
}

void PortTraffic::count(const TilePass& pass, const std::vector<NibbleCode>& row) {
  macs_.issued += static_cast<std::int64_t>(geometry_.lanes) * geometry_.cols;
  macs_.useful += pass.chunk_len * columns(pass);
  for (int lane = 0; lane < geometry_.lanes; ++lane) {
    const NibbleCode code = row[static_cast<std::size_t>(lane)];
    if (stream_value(command_->arithmetic.stream, code) == 0) continue;
    macs_.streamed_nonzero += geometry_.cols;
    for (const NibbleCode b : b_row(pass, lane)) macs_.nonzero += b != 0 ? 1 : 0;
  }
}

/// valid acc row
std::string PortTraffic::result_text(const TilePass& pass, int acc) const {
  std::vector<Fp16Code> row(static_cast<std::size_t>(geometry_.cols), 0);
  for (std::int64_t col = 0; col < columns(pass); ++col) {
    row[static_cast<std::size_t>(col)] = (*c_)[static_cast<std::size_t>(
        (pass.m_begin + acc) * command_->shape.n + pass.n_begin + col)];
  }
  char head[32];
  std::snprintf(head, sizeof head, "1 %x ", static_cast<unsigned>(acc));
  return head + packed(row);
}

}  // namespace nibble
