// When the operations of a step use each tensor: what placement goes by.
#pragma once

#include <vector>

#include "sim/workload/workload.h"

namespace nibble {

/// The stages that access a tensor, in order and each once.
struct Lifetime {
  std::vector<int> stages;
  double accesses = 0;  // to all of it: a time step is a part of one

  void touch(const TensorSlice& slice, int stage) {
    if (stages.empty() || stages.back() != stage) stages.push_back(stage);
    accesses += 1 / static_cast<double>(slice.parts);
  }
  [[nodiscard]] int first() const { return stages.front(); }
  [[nodiscard]] int last() const { return stages.back(); }
  [[nodiscard]] double saving_per_byte_and_stage() const {
    return accesses / (last() - first() + 1);
  }
  /// The last stage before the longest gap.
  [[nodiscard]] int before_longest_gap() const;
};

/// By tensor.
[[nodiscard]] std::vector<Lifetime> lifetimes_of(const Workload& workload);

/// The stage in which the most operations read all of a tensor while none writes it.
struct Readers {
  int stage = -1;
  int operations = 0;
};

/// By tensor.
[[nodiscard]] std::vector<Readers> most_readers(const Workload& workload);

}  // namespace nibble
