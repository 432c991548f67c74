// Feeds the chip's tile units with the operands of a captured training step and compares every
// result with what the trainer computed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/trace/trace.h"
#include "sim/base/progress.h"
#include "sim/chip/tile_executor.h"
#include "sim/config/chip_config.h"

namespace nibble {

struct ComparisonCount {
  std::int64_t compared = 0;     // fp16 results
  std::int64_t mismatches = 0;   // of them
  std::string first_mismatch;    // "layer pass: element ..., got ..., trainer ...", if any
  std::int64_t macs_issued = 0;  // in the 4-bit array
  double array_compute_s = 0;    // host time inside its backend
};

class ReplayExecutor : public TileExecutor {
 public:
  /// Throws BadInput if the trace is not of this program: a missing operation, another shape or
  /// precision; `trace_file` is what messages call it. Program, trace and chip outlive the
  /// executor.
  ReplayExecutor(const Program& program, const Trace& trace, const std::string& trace_file,
                 const ChipConfig& config, Engine engine);

  TileActivity execute(Unit unit, const TileCommand& command) override;

  [[nodiscard]] const ComparisonCount& count() const { return count_; }

 private:
  /// Operands of the GEMM under way, and the result tensor of its operation.
  struct Values {
    std::uint32_t gemm = 0;
    const TraceOperation* operation = nullptr;
    std::vector<NibbleCode> a_codes, b_codes;
    std::vector<Fp16Code> a_values, b_values, c;
    std::int64_t macs_left = 0;
  };

  void open(std::uint32_t gemm, Values& values);
  void close(Values& values);
  void compare(const TraceOperation& operation, const std::vector<Fp16Code>& result);

  const Program& program_;
  const Trace& trace_;
  std::vector<const TraceOperation*> operation_of_;  // by GEMM
  std::unique_ptr<TileBackend> tile_, fp16_tile_;
  std::optional<Values> under_way_[2];  // by unit
  std::vector<Fp16Code> results_[2];    // result tensor of the operation under way, by unit
  ComparisonCount count_;
  Progress progress_;
};

}  // namespace nibble
