// Feeds the chip's tile units with the operands of a captured training step and compares every
// result with what the trainer computed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/trace/trace.h"
#include "sim/base/progress.h"
#include "sim/driver/comparison_count.h"
#include "sim/driver/unit_backends.h"
#include "sim/driver/wave_recorder.h"

namespace nibble {

class ReplayExecutor : public TileExecutor {
 public:
  /// Throws BadInput if the trace is not of this program: a missing operation, another shape or
  /// precision; `trace_file` is what messages call it. Program, trace and chip outlive the
  /// executor.
  ReplayExecutor(const Program& program, const Trace& trace, const std::string& trace_file,
                 const ChipConfig& config, Engine engine);

  /// Shows it the command that it waits for. It outlives the executor.
  void watch(WaveRecorder& waves) { waves_ = &waves; }

  TileActivity execute(int core, Unit unit, const TileCommand& command) override;

  [[nodiscard]] const ComparisonCount& count() const { return count_; }

 private:
  /// Operands and result of a GEMM under way; several cores may work on it.
  struct Values {
    std::vector<NibbleCode> a_codes, b_codes;
    std::vector<Fp16Code> a_values, b_values, c;
    std::int64_t macs_left = 0;
  };

  /// The result tensor of an operation some of whose GEMMs are complete.
  struct Result {
    std::vector<Fp16Code> values;
    int gemms = 0;  // put into it
  };

  [[nodiscard]] Values open(std::uint32_t gemm) const;
  void close(std::uint32_t gemm, const Values& values);
  void compare(const TraceOperation& operation, const std::vector<Fp16Code>& result);

  const Program& program_;
  const Trace& trace_;
  std::vector<const TraceOperation*> operation_of_;  // by GEMM
  std::map<const TraceOperation*, int> gemms_of_;    // of the program
  UnitBackends backends_;
  WaveRecorder* waves_ = nullptr;
  std::map<std::uint32_t, Values> under_way_;  // by GEMM
  std::map<const TraceOperation*, Result> results_;
  ComparisonCount count_;
  Progress progress_;
};

}  // namespace nibble
