// Random operands for every GEMM of a program, so that networks too long to be captured run through
// the RTL as well; checked against the model on demand, and on demand only a sample of them.
#pragma once

#include <vector>

#include "sim/base/progress.h"
#include "sim/driver/comparison_count.h"
#include "sim/driver/synthetic_block.h"
#include "sim/driver/timing_executor.h"
#include "sim/driver/unit_backends.h"
#include "sim/driver/wave_recorder.h"

namespace nibble {

struct SyntheticOptions {
  Engine engine = Engine::rtl;  // or model
  std::uint64_t seed = 1;       // of the operands and of the sample
  bool check = false;           // compare every command's results and cycles with the model's
  /// Above 0, at most 1: of the program's blocks (a block is all commands that share accumulators).
  /// The others, and fp8 commands, which have no values, take the closed form.
  double share = 1;
};

class SyntheticExecutor : public TileExecutor {
 public:
  /// Program and chip outlive the executor.
  SyntheticExecutor(const Program& program, const ChipConfig& config,
                    const SyntheticOptions& options);
  /// With other backends than those of options.engine.
  SyntheticExecutor(const Program& program, const ChipConfig& config,
                    const SyntheticOptions& options, UnitBackends backends);

  /// Shows it the command that it waits for. It outlives the executor.
  void watch(WaveRecorder& waves) { waves_ = &waves; }

  TileActivity execute(int core, Unit unit, const TileCommand& command) override;

  [[nodiscard]] const ComparisonCount& count() const { return count_; }

 private:
  [[nodiscard]] std::uint64_t block_seed(int core, Unit unit, const TileCommand& command) const;
  [[nodiscard]] std::uint64_t highest_of_sample(double share) const;
  void compare(int core, Unit unit, const TileCommand& command, const TileActivity& activity);
  void note_mismatch(const TileCommand& command, const std::string& what);

  const Program& program_;
  SyntheticOptions options_;
  std::uint64_t highest_;  // blocks with a seed up to here run with values
  TimingExecutor timing_;
  UnitBackends backends_, model_;
  WaveRecorder* waves_ = nullptr;
  SyntheticBlock block_;
  std::vector<Fp16Code> expected_;
  ComparisonCount count_;
  Progress progress_;
};

}  // namespace nibble
