// The walk behind fault_of: program_walk.cpp steps through the commands, run_check.cpp judges
// element-wise runs, sum_check.cpp what belongs to several cores or chips at once.
#pragma once

#include "sim/compiler/compiler.h"
#include "tests/sim/compiler/step_progress.h"
#include "tests/sim/compiler/touched_elements.h"
#include "tests/sim/compiler/transfer_check.h"

namespace nibble::test {

/// What a command writes: bytes of a tensor, or a core's part of their sums.
struct Output {
  Piece piece;
  int part = Tag::kTotal;
};

/// Elements [begin, end) of a run of `all`.
struct ElementRange {
  std::int64_t begin = 0, end = 0, all = 0;
};

class ProgramWalk {
 public:
  ProgramWalk(const Workload& workload, const CompilerTarget& target, const Program& program,
              const std::vector<CoreSplit>& splits);
  void check();

 private:
  void check_ranges(std::uint32_t command) const;
  void check_gemm(std::uint32_t command, const TileCommand& tile);
  void check_sfu(std::uint32_t command, const SfuCommand& sfu);
  void check_element_wise(std::uint32_t command, const SfuCommand& sfu);
  void check_run(std::uint32_t command, const SfuWork& work, const SfuCommand& sfu);
  [[nodiscard]] std::vector<ElementRange> ranges_of_run(std::uint32_t command, const SfuWork& work,
                                                        const SfuCommand& sfu);
  [[nodiscard]] std::vector<Output> outputs_of_run(std::uint32_t command, const SfuWork& work,
                                                   const std::vector<ElementRange>& ranges,
                                                   const ElementRange& of_core) const;
  [[nodiscard]] Piece share(const TensorSlice& slice, const ElementRange& range) const;
  void check_sum(std::uint32_t command, const SfuCommand& sfu, int addends);
  void check_link(std::uint32_t command, const LinkTransfer& transfer);
  void check_exchanged(std::uint32_t command, const Piece& piece);
  void check_end();

  void look(std::uint32_t command);
  [[nodiscard]] std::vector<bool> seen_of(const TensorSlice& slice) const;
  void need(std::uint32_t command, const TensorSlice& slice, Bytes begin, Bytes end);
  void need(std::uint32_t command, const TensorSlice& slice, const Touched& touched);
  void put(std::uint32_t command, const std::vector<Output>& outputs);
  void advance();
  [[nodiscard]] const Tensor& tensor(TensorId id) const {
    return workload_.tensors[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const Operation& operation() const {
    return workload_.operations[progress_.operation()];
  }
  [[nodiscard]] ShadowMemory& scratchpad(std::uint32_t command) {
    return scratchpads_[static_cast<std::size_t>(program_.commands[command].core)];
  }
  [[noreturn]] void fail(std::uint32_t command, const std::string& what) const {
    fail_command(program_, command, what);
  }

  const Workload& workload_;
  const CompilerTarget& target_;
  const Program& program_;
  Sharing sharing_;
  PlacementPlan placement_;
  CommandOrder order_;
  ShadowScratchpads scratchpads_;
  ShadowMemory dram_;
  TransferCheck transfers_;
  StepProgress progress_;
  std::vector<Tag> seen_;                                // by the command under way
  std::vector<std::pair<Piece, std::uint32_t>> makers_;  // of the stage, who made which bytes
  std::vector<std::uint32_t> exchanges_;                 // of the operation under way
  Bytes exchanged_ = 0;
  int addends_ = 0;                         // parts of a sum of the GEMM under way
  std::vector<std::vector<Piece>> passed_;  // by core, the last results of a chained GEMM
};

}  // namespace nibble::test
