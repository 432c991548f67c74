// Drives a netlist that activity.py wrote and Verilator compiled (class Vnetlist) and counts the
// toggles of every net n0, n1, ... Usage: PROGRAM STIMULUS WARMUP. STIMULUS: one clock a line, in
// hexadecimal, `in memory_row expected mask`: inputs at a rising edge, the row of the accumulators
// that the clock before the edge reads, and which bits of the outputs must be what behind the edge.
// The first WARMUP clocks count nothing. Prints `clocks N wrong N` and a line `NET TOGGLES` for
// each net.
//
// Inputs change right behind the rising edge, for netlists with gated clocks. A net is looked at
// with the clock high, when everything has settled, and with the clock low: glitches are not seen.
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <verilated.h>
#include <verilated_vcd_c.h>

#include "Vnetlist.h"

namespace {

/// Counts changes in the text of a waveform as Verilator writes it.
class ToggleCounter final : public VerilatedVcdFile {
 public:
  bool open(const std::string&) override { return true; }
  void close() override {}
  ssize_t write(const char* text, ssize_t length) override {
    for (ssize_t i = 0; i < length; ++i) {
      if (text[i] == '\n') {
        take_line();
        line_.clear();
      } else {
        line_ += text[i];
      }
    }
    return length;
  }
  void clear() { toggles_.assign(toggles_.size(), 0); }
  void print() const {
    for (const auto& [name, code] : names_) {
      std::printf("%s %llu\n", name.c_str(), static_cast<unsigned long long>(toggles_[code]));
    }
  }

 private:
  static std::size_t number(const char* code) {
    std::size_t value = 0;
    for (; *code > ' '; ++code) value = value * 94 + static_cast<std::size_t>(*code - 32);
    return value;
  }
  void take_line() {
    if (line_[0] == '0' || line_[0] == '1') {
      const std::size_t code = number(line_.c_str() + 1);
      if (code < toggles_.size()) ++toggles_[code];
      return;
    }
    std::istringstream words(line_);
    std::string word, type, bits, code, name;
    words >> word;
    if (word != "$var") return;
    words >> type >> bits >> code >> name;
    if (bits != "1" || name[0] != 'n' || std::isdigit(name[1]) == 0) return;
    names_.emplace_back(name, number(code.c_str()));
    if (names_.back().second >= toggles_.size()) toggles_.resize(names_.back().second + 1);
  }

  std::string line_;
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::vector<std::uint64_t> toggles_;
};

/// Hexadecimal digits to words of 32 bits, the lowest first.
template <typename Words>
void unpack(const std::string& digits, Words* words, std::size_t count) {
  for (std::size_t w = 0; w < count; ++w) {
    const std::size_t end = digits.size() > 8 * w ? digits.size() - 8 * w : 0;
    const std::size_t begin = end > 8 ? end - 8 : 0;
    (*words)[w] = static_cast<std::uint32_t>(
        std::strtoul(digits.substr(begin, end - begin).c_str(), nullptr, 16));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream stimulus(argv[1]);
  const long long warmup = std::atoll(argv[2]);
  VerilatedContext context;
  context.traceEverOn(true);
  ToggleCounter counter;
  VerilatedVcdC waveform(&counter);
  Vnetlist netlist(&context);
  netlist.trace(&waveform, 1);
  waveform.open("toggles");

  constexpr std::size_t kIn = sizeof(netlist.in) / 4, kOut = sizeof(netlist.out) / 4;
  std::uint64_t time = 0;
  long long clock = 0, wrong = 0;
  std::string in, row, expected, mask;
  std::vector<std::uint32_t> want(kOut), care(kOut);
  netlist.clk = 1;
  netlist.eval();
  while (stimulus >> in >> row >> expected >> mask) {
    if (clock++ == warmup) {
      waveform.flush();
      counter.clear();
    }
    unpack(in, &netlist.in, kIn);
    netlist.memory_row = static_cast<std::uint32_t>(std::strtoul(row.c_str(), nullptr, 16));
    netlist.eval();
    waveform.dump(time++);
    netlist.clk = 0;
    netlist.eval();
    waveform.dump(time++);
    netlist.clk = 1;
    netlist.eval();
    unpack(expected, &want, kOut);
    unpack(mask, &care, kOut);
    bool differs = false;
    for (std::size_t w = 0; w < kOut; ++w) {
      differs |= ((netlist.out[w] ^ want[w]) & care[w]) != 0;
    }
    wrong += differs ? 1 : 0;
    if (differs && wrong < 10) {
      std::fprintf(stderr, "clock %lld: outputs", clock);
      for (std::size_t w = 0; w < kOut; ++w) {
        std::fprintf(stderr, " %08x, not %08x", netlist.out[w] & care[w], want[w]);
      }
      std::fprintf(stderr, "\n");
    }
  }
  waveform.flush();
  std::printf("clocks %lld wrong %lld\n", clock - warmup, wrong);
  counter.print();
}
