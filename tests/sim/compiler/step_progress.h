// How far a program has come with the operations of its workload, which it must do one after the
// other: what of the one under way is done, and the version of every byte of every tensor. A GEMM
// whose result appears nowhere but in stream buffers is under way together with the element-wise
// run that follows it; each core then has the elements that it makes.
//
// Conventions taken from the compiler: cores take the elements of SFU work in order and in
// proportion to the rows of what it makes (Sharing); where blocks of results lie
// (gemm_footprint.h).
#pragma once

#include <vector>

#include "sim/compiler/gemm_footprint.h"
#include "sim/compiler/gemm_mapping.h"
#include "sim/compiler/placement.h"
#include "tests/sim/compiler/shadow_memory.h"

namespace nibble::test {

/// One entry of Program::gemms: a GEMM of an operation, or a core's part of its reduction.
struct GemmEntry {
  std::size_t operation = 0;
  std::size_t part = 0;  // which GEMM of the operation
  LoweredGemm lowered;   // all of it
  std::int64_t k_begin = 0, k_end = 0;
  int addends = 0;  // parts of each sum; 0: the sums are whole
};

/// A core's part of a run of element-wise steps.
struct ElementRun {
  std::int64_t begin = 0, end = 0, done = 0;
};

class StepProgress {
 public:
  /// `splits`: by operation, those of GEMMs. Workload and sharing outlive it.
  StepProgress(const Workload& workload, const Sharing& sharing, const PlacementPlan& placement,
               const std::vector<CoreSplit>& splits, const Program& program);

  /// The operation under way. advance() goes on to the next; throws ProgramFault if it is not done.
  [[nodiscard]] std::size_t operation() const { return operation_ + turn_; }
  /// A GEMM and the run that reads its result are under way.
  [[nodiscard]] bool chained() const { return !at_end() && chained_[operation_]; }
  /// Which of the two all that follows is about: 0 or 1.
  void turn_to(std::size_t which) { turn_ = which; }
  [[nodiscard]] bool done() const;
  void advance();
  [[nodiscard]] bool at_end() const { return operation_ == workload_.operations.size(); }

  [[nodiscard]] const GemmEntry& gemm(std::uint32_t index) const;
  [[nodiscard]] ElementRun& run(int core) {
    return under_way().runs[static_cast<std::size_t>(core)];
  }
  /// Cores that have elements of the run under way: as many parts has each of its sums.
  [[nodiscard]] int runners() const;
  void add_macs(std::int64_t macs) { under_way().macs += macs; }

  /// The total of a byte that the operation under way makes; throws if it was there already.
  void wrote(TensorId tensor, Bytes byte);
  /// Of a byte before the operation under way; the operation makes the next one.
  [[nodiscard]] int version(TensorId tensor, Bytes byte) const;
  [[nodiscard]] Bytes slice_begin(const TensorSlice& slice) const {
    return bytes_of(slice.tensor) * slice.part / slice.parts;
  }
  [[nodiscard]] Bytes slice_end(const TensorSlice& slice) const {
    return bytes_of(slice.tensor) * (slice.part + 1) / slice.parts;
  }
  [[nodiscard]] Bytes bytes_of(TensorId tensor) const {
    return workload_.tensors[static_cast<std::size_t>(tensor)].bytes();
  }
  /// Of the run behind a chained GEMM: the first whose share of the result begins at `byte` or
  /// later.
  [[nodiscard]] std::int64_t first_element(std::size_t gemm, Bytes byte) const;
  /// The bytes of its result that a block of a GEMM makes.
  [[nodiscard]] std::vector<Piece> result(const GemmEntry& gemm, const GemmBlock& block) const;

 private:
  struct UnderWay {
    std::vector<ElementRun> runs;  // by core, of SFU work
    std::int64_t macs = 0;
    std::vector<std::vector<bool>> written;  // [output][byte of its slice]
  };
  void find_chained(const PlacementPlan& placement, const Program& program);
  void begin();
  void begin(UnderWay& state, std::size_t operation) const;
  [[nodiscard]] std::vector<ElementRun> runs_of(const SfuWork& work, std::size_t operation) const;
  [[nodiscard]] std::vector<TensorSlice> outputs(std::size_t operation) const;
  [[nodiscard]] bool done(const UnderWay& state, std::size_t operation) const;
  [[nodiscard]] UnderWay& under_way() { return under_way_[turn_]; }

  const Workload& workload_;
  const Sharing& sharing_;
  std::vector<GemmEntry> gemms_;
  std::vector<std::vector<int>> versions_;  // [tensor][byte]
  std::vector<bool> chained_;               // by operation: the next one belongs to it
  // [operation][core]: of the run that takes a chained GEMM's result
  std::vector<std::vector<std::int64_t>> elements_made_;
  std::size_t operation_ = 0, turn_ = 0;
  UnderWay under_way_[2];
};

}  // namespace nibble::test
