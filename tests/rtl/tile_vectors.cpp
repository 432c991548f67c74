// Prints port traffic for nb_tile_tb.sv, one clock a line, with the results that gemm_reference and
// tile_timing expect: every pair of formats, extreme and random codes, K beyond one group of
// chunks. The first lines, which are all that gates are played, hold a fold and every pair with
// random codes. The tile of the bench has 16 lanes, 4 columns and 4 accumulator rows.
#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sim/tile/tile_schedule.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

constexpr TileGeometry kGeometry{TilePrecision::nibble4, 16, 4, 4, 1};

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

class Traffic {
 public:
  void play(const TileCommand& command, const std::vector<NibbleCode>& a,
            const std::vector<NibbleCode>& b, const std::vector<Fp16Code>& c) {
    command_ = &command;
    a_ = &a;
    b_ = &b;
    c_ = &c;
    const TileSchedule schedule(command, kGeometry);
    for (std::int64_t i = -1; i < schedule.passes(); ++i) {
      const bool has_next = i + 1 < schedule.passes();
      const TilePass pass = i >= 0 ? schedule.pass(i) : TilePass{};
      const TilePass next = has_next ? schedule.pass(i + 1) : TilePass{};
      const int load = next.loads ? kGeometry.lanes : 0;
      for (int cycle = 0; cycle < std::max(load, pass.busy_cycles()); ++cycle) {
        clock((cycle < load ? b_text(next, cycle) : "0 0 0 0") + " " +
              (cycle < pass.busy_cycles() ? a_text(pass, cycle) : "0 0 0 0 0 0 0 0"));
      }
    }
    for (Cycles i = 0; i < tile_latency(kGeometry); ++i) clock("0 0 0 0 0 0 0 0 0 0 0 0");
  }

 private:
  void clock(const std::string& inputs) {
    ++clock_;
    const auto due = due_.find(clock_);
    std::printf("%s %s\n", inputs.c_str(), due != due_.end() ? due->second.c_str() : "0 0 0");
  }

  /// b_valid b_signed b_lane b_row
  [[nodiscard]] std::string b_text(const TilePass& pass, int lane) const {
    std::vector<NibbleCode> row(static_cast<std::size_t>(kGeometry.cols), 0);
    for (int col = 0; col < kGeometry.cols; ++col) {
      const std::int64_t k = pass.k_begin + lane;
      const std::int64_t n = pass.n_begin + col;
      if (k >= command_->shape.k || n >= command_->shape.n) continue;
      row[static_cast<std::size_t>(col)] =
          (*b_)[static_cast<std::size_t>(k * command_->shape.n + n)];
    }
    const bool is_signed = command_->arithmetic.stationary == StationaryFormat::s4;
    char head[32];
    std::snprintf(head, sizeof head, "1 %d %x ", is_signed ? 1 : 0, static_cast<unsigned>(lane));
    return head + packed(row);
  }

  /// a_valid swap fold first last format acc a_row; a last row becomes due.
  std::string a_text(const TilePass& pass, int cycle) {
    const bool fold = cycle >= pass.rows;
    const int acc = fold ? cycle - pass.rows : cycle;
    const bool last = pass.gives_result && fold == pass.folds;
    std::vector<NibbleCode> row(static_cast<std::size_t>(kGeometry.lanes), 0);
    for (int lane = 0; lane < pass.chunk_len; ++lane) {
      row[static_cast<std::size_t>(lane)] = (*a_)[static_cast<std::size_t>(
          (pass.m_begin + acc) * command_->shape.k + pass.k_begin + lane)];
    }
    if (last) {
      // This clock's edge takes the row.
      due_[clock_ + 1 + tile_latency(kGeometry)] = result_text(pass.m_begin + acc, acc);
    }
    char head[64];
    std::snprintf(head, sizeof head, "1 %d %d %d %d %x %x ", cycle == 0 && pass.loads ? 1 : 0,
                  fold ? 1 : 0, (fold ? pass.first_fold : pass.first_chunk) ? 1 : 0, last ? 1 : 0,
                  static_cast<unsigned>(command_->arithmetic.stream), static_cast<unsigned>(acc));
    return head + packed(row);
  }

  /// valid acc row
  [[nodiscard]] std::string result_text(std::int64_t m, int acc) const {
    std::vector<Fp16Code> row(static_cast<std::size_t>(kGeometry.cols), 0);
    for (std::int64_t n = 0; n < command_->shape.n; ++n) {
      row[static_cast<std::size_t>(n)] = (*c_)[static_cast<std::size_t>(m * command_->shape.n + n)];
    }
    return "1 " + std::to_string(acc) + " " + packed(row);
  }

  const TileCommand* command_ = nullptr;
  const std::vector<NibbleCode>* a_ = nullptr;
  const std::vector<NibbleCode>* b_ = nullptr;
  const std::vector<Fp16Code>* c_ = nullptr;
  std::int64_t clock_ = 0;
  std::map<std::int64_t, std::string> due_;
};

/// Codes all extreme (kind 0: 15, 1: 7, 2: 8), otherwise random.
std::vector<NibbleCode> codes(std::int64_t count, int kind, std::mt19937& random) {
  std::vector<NibbleCode> result(static_cast<std::size_t>(count));
  for (NibbleCode& code : result) {
    code = static_cast<NibbleCode>(kind == 0   ? 15U
                                   : kind == 1 ? 7U
                                   : kind == 2 ? 8U
                                               : random() & 15U);
  }
  return result;
}

void print_all() {
  std::mt19937 random(7);
  Traffic traffic;
  for (int i = 0; i < 64; ++i) {
    // Eight rounds of all pairs of formats; in each, another pair has more chunks than a group.
    const int round = i / 8;
    const bool two_level = i % 8 == round;
    TileCommand command;
    command.arithmetic.stream = static_cast<StreamFormat>(i % 4);
    command.arithmetic.stationary = static_cast<StationaryFormat>(i / 4 % 2);
    command.arithmetic.accumulator =
        round % 2 == 0 || two_level ? AccumulatorType::fp16x2 : AccumulatorType::fp16;
    command.arithmetic.chunk_len = kGeometry.lanes;
    command.shape = {1 + (i + 2) % 9, 1 + (i / 2 + 3) % 4,
                     two_level ? 1030 + round * 150 : 1 + (i * 7) % 50};
    command.m_end = command.shape.m;
    command.n_end = command.shape.n;
    command.k_end = command.shape.k;
    // Random against random in the first round, then every kind meets others.
    const auto a = codes(command.shape.m * command.shape.k, (round + 3) % 4, random);
    const auto b =
        codes(command.shape.k * command.shape.n, (round + (round < 4 ? 3 : 0)) % 4, random);
    std::vector<Fp16Code> c(static_cast<std::size_t>(command.shape.m * command.shape.n));
    gemm_reference(command.shape, command.arithmetic, a.data(), b.data(), c.data());
    traffic.play(command, a, b, c);
  }
}

}  // namespace
}  // namespace nibble

int main() { nibble::print_all(); }
