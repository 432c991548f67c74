#include "sim/driver/replay_executor.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/base/stopwatch.h"

namespace nibble {
namespace {

bool same_conv(const ConvShape& a, const ConvShape& b) {
  return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w && a.k == b.k && a.r == b.r &&
         a.s == b.s && a.stride == b.stride && a.padding == b.padding && a.groups == b.groups;
}

/// "lstm1 forward hidden.3"; what has no part is its layer's only GEMM in that pass.
std::string operation_name(const std::string& layer, GemmPass pass, const std::string& part) {
  return layer + " " + gemm_pass_name(pass) + (part.empty() ? "" : " " + part);
}

std::string operation_name(const ProgramGemm& gemm) {
  return operation_name(gemm.layer, gemm.lowered.pass, gemm.part);
}

std::string operation_name(const TraceOperation& operation) {
  return operation_name(operation.layer, operation.pass, operation.part);
}

/// A training's recipe may have changed what the network's own file says of precisions.
void check_precision(const TraceOperation& operation, const std::string& trace_file,
                     const ProgramGemm& gemm) {
  const bool trace_has_4_bits = operation.precision == LayerPrecision::int4_fp4;
  if (trace_has_4_bits == (gemm.precision == TilePrecision::nibble4)) return;
  const char* const there = trace_has_4_bits ? "int4_fp4" : "fp16";
  const char* const here = trace_has_4_bits ? "fp16" : "int4_fp4";
  throw bad_file(trace_file,
                 operation_name(gemm) + " is " + there + " there, " + here + " in the network",
                 "allowed is the precision of the training, --set 'network.precision.layers.\"" +
                     gemm.layer + "\"=" + there + "'");
}

const TraceOperation& find_operation(const Trace& trace, const std::string& trace_file,
                                     const ProgramGemm& gemm) {
  for (const TraceOperation& operation : trace.operations) {
    if (operation.layer != gemm.layer || operation.pass != gemm.lowered.pass ||
        operation.part != gemm.part) {
      continue;
    }
    if (!same_conv(operation.conv, gemm.lowered.conv)) {
      throw bad_file(trace_file, operation_name(gemm) + " has another shape than the network",
                     "allowed is a trace of this network and batch");
    }
    check_precision(operation, trace_file, gemm);
    return operation;
  }
  throw bad_file(trace_file, "has no operation " + operation_name(gemm),
                 "allowed is a trace of this network");
}

/// A step that lacks what the trainer computed would be compared in part only. An inference has the
/// forward pass alone.
void check_all_found(const Program& program, const Trace& trace, const std::string& trace_file,
                     const std::map<const TraceOperation*, int>& found) {
  const bool training =
      std::any_of(program.gemms.begin(), program.gemms.end(),
                  [](const ProgramGemm& gemm) { return gemm.lowered.pass == GemmPass::wgrad; });
  for (const TraceOperation& operation : trace.operations) {
    if (found.count(&operation) != 0) continue;
    if (!training && operation.pass != GemmPass::forward) continue;
    throw bad_file(trace_file, operation_name(operation) + " is no operation of the network",
                   "allowed is a trace of this network");
  }
}

/// Cores that share out a reduction add up parts that were rounded on their own.
void check_whole_reduction(const ProgramGemm& gemm, const std::string& trace_file) {
  const LoweredGemm& at = gemm.lowered;
  for (const LoweredGemm& whole : lower_conv(at.conv, at.pass)) {
    if (whole.phase_h != at.phase_h || whole.phase_w != at.phase_w) continue;
    if (whole.shape.k == at.shape.k) return;
  }
  throw bad_file(trace_file,
                 operation_name(gemm) +
                     " is added up from parts of several cores, which round otherwise than the "
                     "trainer",
                 "allowed with one core, with another split of this GEMM, or without a trace");
}

template <typename Value>
void gather(const LoweredGemm& gemm, const std::vector<Value>& streamed,
            const std::vector<Value>& stationary, std::vector<Value>& a, std::vector<Value>& b) {
  const std::int64_t groups = gemm.conv.groups;
  a.resize(static_cast<std::size_t>(groups * gemm.shape.m * gemm.shape.k));
  b.resize(static_cast<std::size_t>(groups * gemm.shape.k * gemm.shape.n));
  gather_a(gemm, streamed.data(), a.data());
  gather_b(gemm, stationary.data(), b.data());
}

std::int64_t elements_of(const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements *= size;
  return elements;
}

/// Where in a tensor its `element`-th lies: "[1,0,0,17]".
std::string position(std::int64_t element, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> at(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis]) {
    at[axis] = element % shape[axis];
  }
  return fmt::format("[{}]", fmt::join(at, ","));
}

}  // namespace

ReplayExecutor::ReplayExecutor(const Program& program, const Trace& trace,
                               const std::string& trace_file, const ChipConfig& config,
                               Engine engine)
    : program_(program),
      trace_(trace),
      backends_(engine, config),
      progress_("replay", "GEMMs", static_cast<std::int64_t>(program.gemms.size())) {
  for (const ProgramGemm& gemm : program.gemms) {
    operation_of_.push_back(&find_operation(trace, trace_file, gemm));
    check_whole_reduction(gemm, trace_file);
    ++gemms_of_[operation_of_.back()];
  }
  check_all_found(program, trace, trace_file, gemms_of_);
}

ReplayExecutor::Values ReplayExecutor::open(std::uint32_t gemm) const {
  const ProgramGemm& at = program_.gemms[gemm];
  const TraceOperation& operation = *operation_of_[gemm];
  const LoweredGemm& lowered = at.lowered;
  Values values;
  values.macs_left = lowered.macs();
  values.c.assign(static_cast<std::size_t>(lowered.conv.groups * lowered.shape.m * lowered.shape.n),
                  0);
  if (at.precision == TilePrecision::nibble4) {
    gather(lowered, trace_.codes.at(operation.streamed), trace_.codes.at(operation.stationary),
           values.a_codes, values.b_codes);
  } else {
    gather(lowered, trace_.values.at(operation.streamed), trace_.values.at(operation.stationary),
           values.a_values, values.b_values);
  }
  return values;
}

TileActivity ReplayExecutor::execute(int core, Unit unit, const TileCommand& command) {
  ++count_.commands;
  ++count_.commands_run;
  const auto [found, begins] = under_way_.try_emplace(command.gemm);
  Values& values = found->second;
  if (begins) values = open(command.gemm);
  TileOperands operands;
  const bool nibble4 = command.precision == TilePrecision::nibble4;
  operands.a = nibble4 ? static_cast<const void*>(values.a_codes.data()) : values.a_values.data();
  operands.b = nibble4 ? static_cast<const void*>(values.b_codes.data()) : values.b_values.data();
  operands.c = values.c.data();

  const TraceOperation& operation = *operation_of_[command.gemm];
  TileCommand formatted = command;
  formatted.arithmetic.stream = operation.stream_format;
  formatted.arithmetic.stationary = operation.stationary_format;
  formatted.arithmetic.accumulator = trace_.accumulator;
  const Stopwatch watch;
  const TileActivity activity = backends_.at(core, unit).execute(formatted, &operands);
  const double spent = watch.seconds();
  if (unit == Unit::tile) {
    count_.array_compute_s += spent;
    count_.macs_issued += activity.macs_issued;
  }
  if (waves_ != nullptr && waves_->takes(core, unit, command)) {
    waves_->run(command, {formatted, operands, activity});
  }
  values.macs_left -= activity.macs_useful;
  if (values.macs_left == 0) {
    close(command.gemm, values);
    under_way_.erase(found);
    progress_.advance();
  }
  return activity;
}

void ReplayExecutor::close(std::uint32_t gemm, const Values& values) {
  const TraceOperation* operation = operation_of_[gemm];
  Result& result = results_[operation];
  result.values.resize(static_cast<std::size_t>(elements_of(result_shape(*operation))));
  scatter_c(program_.gemms[gemm].lowered, values.c.data(), result.values.data());
  if (++result.gemms != gemms_of_.at(operation)) return;
  compare(*operation, result.values);
  results_.erase(operation);
}

void ReplayExecutor::compare(const TraceOperation& operation, const std::vector<Fp16Code>& result) {
  const std::vector<Fp16Code>& wanted = trace_.values.at(operation.result);
  for (std::size_t i = 0; i < result.size(); ++i) {
    ++count_.compared;
    if (result[i] == wanted[i]) continue;
    if (count_.mismatches++ == 0) {
      count_.first_mismatch = fmt::format(
          "{}: element {} {}, got {:04x}, trainer {:04x}", operation_name(operation), i,
          position(static_cast<std::int64_t>(i), result_shape(operation)), result[i], wanted[i]);
    }
  }
}

}  // namespace nibble
