#include "sim/driver/replay_executor.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool same_conv(const ConvShape& a, const ConvShape& b) {
  return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w && a.k == b.k && a.r == b.r &&
         a.s == b.s && a.stride == b.stride && a.padding == b.padding;
}

const char* gemm_pass_name(GemmPass pass) {
  constexpr const char* kNames[] = {"forward", "dgrad", "wgrad"};
  return kNames[static_cast<int>(pass)];
}

const TraceOperation& find_operation(const Trace& trace, const std::string& trace_file,
                                     const ProgramGemm& gemm) {
  for (const TraceOperation& operation : trace.operations) {
    if (operation.layer != gemm.layer || operation.pass != gemm.lowered.pass) continue;
    const bool same_precision = (operation.precision == LayerPrecision::int4_fp4) ==
                                (gemm.precision == TilePrecision::nibble4);
    if (same_conv(operation.conv, gemm.lowered.conv) && same_precision) return operation;
    throw bad_file(trace_file,
                   fmt::format("{} {} has another shape or precision than the network", gemm.layer,
                               gemm_pass_name(gemm.lowered.pass)),
                   "a trace of this network and batch");
  }
  throw bad_file(
      "trace", fmt::format("has no operation {} {}", gemm.layer, gemm_pass_name(gemm.lowered.pass)),
      "a trace of this network");
}

template <typename Value>
void gather(const LoweredGemm& gemm, const std::vector<Value>& streamed,
            const std::vector<Value>& stationary, std::vector<Value>& a, std::vector<Value>& b) {
  a.resize(static_cast<std::size_t>(gemm.shape.m * gemm.shape.k));
  b.resize(static_cast<std::size_t>(gemm.shape.k * gemm.shape.n));
  gather_a(gemm, streamed.data(), a.data());
  gather_b(gemm, stationary.data(), b.data());
}

std::int64_t elements_of(const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements *= size;
  return elements;
}

}  // namespace

ReplayExecutor::ReplayExecutor(const Program& program, const Trace& trace,
                               const std::string& trace_file, const ChipConfig& config,
                               Engine engine)
    : program_(program),
      trace_(trace),
      tile_(make_tile_backend(engine, config.tile)),
      progress_("replay", "GEMMs", static_cast<std::int64_t>(program.gemms.size())) {
  if (config.fp16_tile) fp16_tile_ = make_tile_backend(engine, *config.fp16_tile);
  for (const ProgramGemm& gemm : program.gemms) {
    operation_of_.push_back(&find_operation(trace, trace_file, gemm));
  }
}

void ReplayExecutor::open(std::uint32_t gemm, Values& values) {
  const ProgramGemm& at = program_.gemms[gemm];
  const TraceOperation& operation = *operation_of_[gemm];
  values.gemm = gemm;
  values.operation = &operation;
  values.macs_left = at.lowered.shape.macs();
  values.c.assign(static_cast<std::size_t>(at.lowered.shape.m * at.lowered.shape.n), 0);
  if (at.precision == TilePrecision::nibble4) {
    gather(at.lowered, trace_.codes.at(operation.streamed), trace_.codes.at(operation.stationary),
           values.a_codes, values.b_codes);
  } else {
    gather(at.lowered, trace_.values.at(operation.streamed), trace_.values.at(operation.stationary),
           values.a_values, values.b_values);
  }
}

TileActivity ReplayExecutor::execute(Unit unit, const TileCommand& command) {
  const std::size_t which = unit == Unit::tile ? 0 : 1;
  std::optional<Values>& slot = under_way_[which];
  if (!slot || slot->gemm != command.gemm) {
    if (slot) throw std::logic_error("a GEMM began before the one before it was complete");
    open(command.gemm, slot.emplace());
  }
  Values& values = *slot;
  TileOperands operands;
  const bool nibble4 = command.precision == TilePrecision::nibble4;
  operands.a = nibble4 ? static_cast<const void*>(values.a_codes.data()) : values.a_values.data();
  operands.b = nibble4 ? static_cast<const void*>(values.b_codes.data()) : values.b_values.data();
  operands.c = values.c.data();

  TileCommand formatted = command;
  formatted.arithmetic.stream = values.operation->stream_format;
  formatted.arithmetic.stationary = values.operation->stationary_format;
  formatted.arithmetic.accumulator = trace_.accumulator;
  const Clock::time_point start = Clock::now();
  const TileActivity activity = (which == 0 ? tile_ : fp16_tile_)->execute(formatted, &operands);
  const double spent = seconds_since(start);
  if (which == 0) {
    count_.array_compute_s += spent;
    count_.macs_issued += activity.macs_issued;
  }
  values.macs_left -= activity.macs_useful;
  if (values.macs_left == 0) {
    close(values);
    slot.reset();
    progress_.advance();
  }
  return activity;
}

void ReplayExecutor::close(Values& values) {
  const ProgramGemm& at = program_.gemms[values.gemm];
  std::vector<Fp16Code>& result = results_[at.precision == TilePrecision::nibble4 ? 0 : 1];
  const auto elements = static_cast<std::size_t>(elements_of(result_shape(*values.operation)));
  if (result.size() != elements) result.assign(elements, 0);
  scatter_c(at.lowered, values.c.data(), result.data());
  if (at.last_of_operation) {
    compare(*values.operation, result);
    result.clear();
  }
}

void ReplayExecutor::compare(const TraceOperation& operation, const std::vector<Fp16Code>& result) {
  const std::vector<Fp16Code>& wanted = trace_.values.at(operation.result);
  for (std::size_t i = 0; i < result.size(); ++i) {
    ++count_.compared;
    if (result[i] == wanted[i]) continue;
    if (count_.mismatches++ == 0) {
      count_.first_mismatch =
          fmt::format("{} {}: element {}, got {:04x}, trainer {:04x}", operation.layer,
                      gemm_pass_name(operation.pass), i, result[i], wanted[i]);
    }
  }
}

}  // namespace nibble
