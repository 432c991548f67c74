// How chunk results become a GEMM's result in the fp16 accumulators, NUMERICS section 2: the first
// value is taken as it is, the others are added in order; with fp16x2 the same happens inside each
// group of 64 chunks and once more over the group results.
#pragma once

#include "models/formats/fp16.h"
#include "models/gemm/gemm.h"

namespace nibble {

class ChunkAccumulator {
 public:
  explicit ChunkAccumulator(AccumulatorType type) : type_(type) {}

  void add(Fp16Code chunk) {
    group_ = chunks_in_group_ == 0 ? chunk : fp16_add(group_, chunk);
    ++chunks_in_group_;
    if (type_ == AccumulatorType::fp16x2 && chunks_in_group_ == kChunksPerGroup) fold();
  }

  /// The result over all chunks so far; call it once, after the last.
  [[nodiscard]] Fp16Code finish() {
    if (chunks_in_group_ != 0) fold();
    return total_;
  }

 private:
  void fold() {
    total_ = has_total_ ? fp16_add(total_, group_) : group_;
    has_total_ = true;
    chunks_in_group_ = 0;
  }

  AccumulatorType type_;
  Fp16Code group_ = 0;
  Fp16Code total_ = 0;
  std::int64_t chunks_in_group_ = 0;
  bool has_total_ = false;
};

}  // namespace nibble
