// What stands at the ports of an array's netlists while it computes a pass of a trace's layer.
//
//   nibble_tile_traffic list TRACE
//     the passes that it plays, a line each: LAYER PASS PRECISION
//   nibble_tile_traffic tile TRACE LAYER PASS LANES COLUMNS CLOCKS
//     an nb_tile of so many lanes and columns in a pass of a 4-bit layer: of the chip's arrays,
//     whose rows and order these are, a tile with fewer columns. Lines: port_traffic.h
//   nibble_tile_traffic cell TRACE LAYER PASS LANES CLOCKS
//     the cell nb_fp16_fma_pipe_cell of every lane of an FP16 array, lane after lane, hexadecimal:
//     b_load b swap a c  valid r   the last two what a fused multiply-add of a, b and c gives.
//     4-bit layers have their codes' values as fp16 (without scales); fp16 layers the trace's
//     values
//
// tile and cell end with `# clocks issued useful streamed_nonzero nonzero` (MacCounts). The results
// of all of the pass are compared with the trace's. Exit 2 if something cannot be read or is not as
// the trace says.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/formats/fp16.h"
#include "models/gemm/operand_values.h"
#include "models/layers/conv_lowering.h"
#include "models/layers/run_pass.h"
#include "models/trace/trace.h"
#include "tools/energy/port_traffic.h"

namespace nibble {
namespace {

constexpr int kAccumulatorRows = 128;  // as the chips' arrays have
constexpr const char* kPasses[] = {"forward", "dgrad", "wgrad"};

struct Gemm {
  LoweredGemm lowered;
  std::vector<NibbleCode> a, b;    // of a 4-bit layer
  std::vector<Fp16Code> a16, b16;  // of both
  std::vector<Fp16Code> c;         // of a 4-bit layer
};

std::int64_t number(const char* text, const char* name, std::int64_t least, std::int64_t most) {
  char* end = nullptr;
  const long long value = std::strtoll(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < least || value > most) {
    throw std::invalid_argument(std::string(name) + " " + text + ": allowed are " +
                                std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

const char* pass_name(GemmPass pass) { return kPasses[static_cast<int>(pass)]; }

/// The GEMMs in one group whose operands the trace has as codes or values.
bool is_played(const TraceOperation& operation) {
  return operation.conv.groups == 1 && operation.part.empty() &&
         (operation.precision == LayerPrecision::int4_fp4 ||
          operation.precision == LayerPrecision::fp16);
}

const TraceOperation& find_operation(const Trace& trace, const std::string& layer,
                                     const std::string& pass, bool tile) {
  for (const TraceOperation& operation : trace.operations) {
    const bool fits =
        is_played(operation) && (!tile || operation.precision == LayerPrecision::int4_fp4);
    if (fits && operation.layer == layer && pass_name(operation.pass) == pass) return operation;
  }
  throw std::invalid_argument(layer + " " + pass + ": the trace has no such " +
                              (tile ? "4-bit GEMM" : "GEMM") +
                              " in one group; nibble_tile_traffic list TRACE tells what it has");
}

template <typename Value>
void gather(const LoweredGemm& lowered, const std::vector<Value>& streamed,
            const std::vector<Value>& stationary, std::vector<Value>* a, std::vector<Value>* b) {
  a->resize(static_cast<std::size_t>(lowered.shape.m * lowered.shape.k));
  b->resize(static_cast<std::size_t>(lowered.shape.k * lowered.shape.n));
  gather_a(lowered, streamed.data(), a->data());
  gather_b(lowered, stationary.data(), b->data());
}

/// The GEMMs of a pass of a 4-bit layer with results, which have to be the trace's if the chunks
/// are.
std::vector<Gemm> nibble_gemms(const Trace& trace, const TraceOperation& operation,
                               const GemmArithmetic& arithmetic) {
  std::vector<Gemm> gemms;
  std::vector<Fp16Code> result(
      static_cast<std::size_t>(result_elements(operation.conv, operation.pass)));
  for (const LoweredGemm& lowered : lower_conv(operation.conv, operation.pass)) {
    Gemm one{lowered, {}, {}, {}, {}, {}};
    gather(lowered, trace.codes.at(operation.streamed), trace.codes.at(operation.stationary),
           &one.a, &one.b);
    one.c.resize(static_cast<std::size_t>(lowered.shape.m * lowered.shape.n));
    gemm(lowered.shape, arithmetic, one.a.data(), one.b.data(), one.c.data());
    scatter_c(lowered, one.c.data(), result.data());
    gemms.push_back(std::move(one));
  }
  if (arithmetic.chunk_len == trace.chunk_len && result != trace.values.at(operation.result)) {
    throw std::runtime_error("results of the GEMM are not those of the trace");
  }
  return gemms;
}

/// The operands of a pass as fp16 values.
std::vector<Gemm> fp16_gemms(const Trace& trace, const TraceOperation& operation) {
  std::vector<Gemm> gemms;
  for (const LoweredGemm& lowered : lower_conv(operation.conv, operation.pass)) {
    Gemm one{lowered, {}, {}, {}, {}, {}};
    if (operation.precision == LayerPrecision::fp16) {
      gather(lowered, trace.values.at(operation.streamed), trace.values.at(operation.stationary),
             &one.a16, &one.b16);
    } else {
      gather(lowered, trace.codes.at(operation.streamed), trace.codes.at(operation.stationary),
             &one.a, &one.b);
      for (const NibbleCode code : one.a) {
        one.a16.push_back(
            fp16_from_float(static_cast<float>(stream_value(operation.stream_format, code))));
      }
      for (const NibbleCode code : one.b) {
        one.b16.push_back(fp16_from_float(
            static_cast<float>(stationary_value(operation.stationary_format, code))));
      }
    }
    gemms.push_back(std::move(one));
  }
  return gemms;
}

TileCommand whole(const GemmShape& shape, const GemmArithmetic& arithmetic) {
  TileCommand command;
  command.arithmetic = arithmetic;
  command.shape = shape;
  command.m_end = shape.m;
  command.n_end = shape.n;
  command.k_end = shape.k;
  return command;
}

void print_end(std::int64_t clocks, const MacCounts& macs) {
  std::printf("# %lld %lld %lld %lld %lld\n", static_cast<long long>(clocks),
              static_cast<long long>(macs.issued), static_cast<long long>(macs.useful),
              static_cast<long long>(macs.streamed_nonzero), static_cast<long long>(macs.nonzero));
}

void print_tile(const Trace& trace, const TraceOperation& operation, int lanes, int columns,
                std::int64_t clocks) {
  const GemmArithmetic arithmetic{operation.stream_format, operation.stationary_format,
                                  trace.accumulator, lanes};
  const TileGeometry geometry{TilePrecision::nibble4, lanes, columns, kAccumulatorRows, 1};
  PortTraffic traffic(geometry, stdout, clocks);
  for (const Gemm& one : nibble_gemms(trace, operation, arithmetic)) {
    if (traffic.done()) break;
    traffic.play(whole(one.lowered.shape, arithmetic), one.a, one.b, one.c);
  }
  print_end(traffic.clocks(), traffic.macs());
}

/// One lane of one column: rows pass by, and the sum of the lanes before comes from them.
class CellTraffic {
 public:
  CellTraffic(const Gemm& gemm, int lanes, int lane) : gemm_(gemm), lanes_(lanes), lane_(lane) {}

  std::int64_t play(std::int64_t clocks) {
    TileCommand command = whole(gemm_.lowered.shape, {});
    command.precision = TilePrecision::fp16;
    command.arithmetic.chunk_len = lanes_;
    const TileSchedule schedule(command, {TilePrecision::fp16, lanes_, 1, kAccumulatorRows, 1});
    for (std::int64_t i = -1; i < schedule.passes() && clock_ < clocks; ++i) {
      const bool has_next = i + 1 < schedule.passes();
      const TilePass pass = i >= 0 ? schedule.pass(i) : TilePass{};
      const TilePass next = has_next ? schedule.pass(i + 1) : TilePass{};
      const int load = next.loads ? lanes_ : 0;
      const int cycles = std::max(load, pass.rows);
      for (int cycle = 0; cycle < cycles && clock_ < clocks; ++cycle) {
        print(pass, next, load, cycle, cycles);
        ++clock_;
      }
    }
    return clock_;
  }
  [[nodiscard]] const MacCounts& macs() const { return macs_; }

 private:
  [[nodiscard]] Fp16Code a(std::int64_t m, std::int64_t k) const {
    const GemmShape& shape = gemm_.lowered.shape;
    return k < shape.k ? gemm_.a16[static_cast<std::size_t>(m * shape.k + k)] : Fp16Code{0};
  }
  [[nodiscard]] Fp16Code b(std::int64_t k, std::int64_t n) const {
    const GemmShape& shape = gemm_.lowered.shape;
    return k < shape.k ? gemm_.b16[static_cast<std::size_t>(k * shape.n + n)] : Fp16Code{0};
  }

  void print(const TilePass& pass, const TilePass& next, int load, int cycle, int cycles) {
    // The shadow is written before the edge that copies it, which is the one before the first row.
    const bool loads = load > 0 && cycle == std::max(lane_ - 1, 0);
    const bool swaps = load > 0 && cycle == cycles - 1;
    if (loads) shadow_ = b(next.k_begin + lane_, next.n_begin);
    const bool valid = cycle < pass.rows;
    if (valid) {
      const std::int64_t m = pass.m_begin + cycle;
      a_now_ = a(m, pass.k_begin + lane_);
      c_now_ = 0;
      for (int lane = 0; lane < lane_; ++lane) {
        c_now_ = fp16_fma(a(m, pass.k_begin + lane), b(pass.k_begin + lane, pass.n_begin), c_now_);
      }
      ++macs_.issued;
      macs_.useful += lane_ < pass.chunk_len ? 1 : 0;
      macs_.streamed_nonzero += a_now_ != 0 ? 1 : 0;
      macs_.nonzero += a_now_ != 0 && active_ != 0 ? 1 : 0;
    }
    std::printf("%d %x %d %x %x %d %x\n", loads ? 1 : 0, static_cast<unsigned>(shadow_),
                swaps ? 1 : 0, static_cast<unsigned>(a_now_), static_cast<unsigned>(c_now_),
                valid ? 1 : 0, static_cast<unsigned>(fp16_fma(a_now_, active_, c_now_)));
    if (swaps) active_ = shadow_;
  }

  const Gemm& gemm_;
  int lanes_, lane_;
  Fp16Code shadow_ = 0, active_ = 0, a_now_ = 0, c_now_ = 0;  // inputs stay where nothing new comes
  std::int64_t clock_ = 0;
  MacCounts macs_;
};

void print_cell(const Trace& trace, const TraceOperation& operation, int lanes,
                std::int64_t clocks) {
  const std::vector<Gemm> gemms = fp16_gemms(trace, operation);
  std::int64_t printed = 0;
  MacCounts macs;
  for (int lane = 0; lane < lanes; ++lane) {
    CellTraffic traffic(gemms.front(), lanes, lane);
    printed += traffic.play(clocks / lanes);
    macs += traffic.macs();
  }
  print_end(printed, macs);
}

void list(const Trace& trace) {
  for (const TraceOperation& operation : trace.operations) {
    if (!is_played(operation)) continue;
    std::printf("%s %s %s\n", operation.layer.c_str(), pass_name(operation.pass),
                operation.precision == LayerPrecision::fp16 ? "fp16" : "int4_fp4");
  }
}

/// argv: the command, TRACE LAYER PASS LANES, for a tile COLUMNS, CLOCKS.
void play(int argc, char** argv) {
  const bool tile = std::strcmp(argv[1], "tile") == 0;
  const int lanes = static_cast<int>(number(argv[5], "lanes", 1, kMaxChunkLen));
  const std::int64_t least_clocks = tile ? 1 : lanes;  // a cell's are shared out to the lanes
  const std::int64_t clocks = number(argv[argc - 1], "clocks", least_clocks, 10'000'000);
  const Trace trace = read_trace(argv[2]);
  const TraceOperation& operation = find_operation(trace, argv[3], argv[4], tile);
  if (tile) {
    const int columns = static_cast<int>(number(argv[6], "columns", 1, 128));
    print_tile(trace, operation, lanes, columns, clocks);
  } else {
    print_cell(trace, operation, lanes, clocks);
  }
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const bool listed = command == "list" && argc == 3;
  if (!listed && !(command == "tile" && argc == 8) && !(command == "cell" && argc == 7)) {
    std::fprintf(
        stderr,
        "usage: nibble_tile_traffic list TRACE | tile TRACE LAYER PASS LANES COLUMNS CLOCKS "
        "| cell TRACE LAYER PASS LANES CLOCKS\n");
    return 2;
  }
  try {
    if (listed) {
      nibble::list(nibble::read_trace(argv[2]));
    } else {
      nibble::play(argc, argv);
    }
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "nibble_tile_traffic: %s\n", fault.what());
    return 2;
  }
}
