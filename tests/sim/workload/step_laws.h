// Laws that hold for every step, as one function each: empty if the workload keeps it, otherwise
// what breaks it. A sentence instead of a CHECK an operand, for networks with 10,000 operations.
#pragma once

#include <string>
#include <vector>

#include "sim/workload/workload.h"

namespace nibble::test {

[[nodiscard]] std::vector<TensorSlice> reads_of(const Operation& operation);
[[nodiscard]] std::vector<TensorSlice> writes_of(const Operation& operation);

/// Every slice that is read was written before by one operation, or outlives the step; every slice
/// of a tensor that the step makes is written exactly once.
[[nodiscard]] std::string written_once_before_read(const Workload& workload);

/// Stages follow each other, none is empty; SFU work has steps, outputs and a size.
[[nodiscard]] std::string well_formed(const Workload& workload);

/// Operands and results of each GEMM have the elements of its convolution; rows divide elements.
[[nodiscard]] std::string sizes_fit(const Workload& workload);

/// A run walks at least as many elements as each tensor that it reads or writes has: statistics of
/// 32 bits, tables and the four gates of an LSTM apart.
[[nodiscard]] std::string walks_all(const Workload& workload);

/// Operands of a GEMM have the bits of its precision, or are 4-bit codes.
[[nodiscard]] std::string bits_fit(const Workload& workload);

/// Masters and momenta: a training step reads all that it uses, and writes those that have a
/// momentum once, with their momentum, in a run with sgd_update.
[[nodiscard]] std::string updated_once(const Workload& workload, bool training);

/// All of the above: the first that is broken.
[[nodiscard]] std::string broken_law(const Workload& workload, bool training);

}  // namespace nibble::test
