// How the cores of a chip share out a tensor: by whole rows, in order, evenly. A core keeps its
// rows in its own scratchpad if the tensor is resident there; bytes of other cores come over the
// ring. Of a tensor that is read in time steps (TensorSlice) each step is shared out.
//
// Sums over rows (Tensor::reduction) are not shared out on a chip of several cores: every core has
// its own copy, and the compiler adds the copies up.
#pragma once

#include <vector>

#include "sim/base/units.h"
#include "sim/workload/workload.h"

namespace nibble {

class Sharing {
 public:
  Sharing(const Workload& workload, int cores);

  /// Bytes of a tensor that one core owns.
  struct Segment {
    int core = 0;
    Bytes begin = 0, end = 0;  // of the tensor
    Bytes local = 0;           // where `begin` lies within what the core keeps of the tensor
  };
  /// The owners of bytes [begin, end), in order. Not for replicated tensors.
  [[nodiscard]] std::vector<Segment> owners(TensorId tensor, Bytes begin, Bytes end) const;

  /// Scratchpad bytes that a resident tensor takes in each core.
  [[nodiscard]] Bytes resident_bytes(TensorId tensor) const;

  [[nodiscard]] bool replicated(TensorId tensor) const {
    return cores_ > 1 && at(tensor).reduction;
  }

  /// First of `rows` that belongs to `core`; core = cores gives `rows`.
  [[nodiscard]] std::int64_t first_row(std::int64_t rows, int core) const {
    return rows * core / cores_;
  }
  /// Rows of a slice.
  [[nodiscard]] std::int64_t rows(const TensorSlice& slice) const {
    return part_rows(slice.tensor) * parts_[static_cast<std::size_t>(slice.tensor)] / slice.parts;
  }
  [[nodiscard]] int cores() const { return cores_; }

 private:
  [[nodiscard]] const Tensor& at(TensorId tensor) const {
    return workload_.tensors[static_cast<std::size_t>(tensor)];
  }
  [[nodiscard]] std::int64_t part_rows(TensorId tensor) const;
  [[nodiscard]] Bytes largest_share(TensorId tensor) const;

  const Workload& workload_;
  int cores_;
  std::vector<std::int64_t> parts_;  // by tensor: time steps it is read or written in
};

}  // namespace nibble
