// Which elements of its tensors a block of a lowered GEMM reads, found by walking over every
// product of the block: the oracle for gemm_footprint, written from NUMERICS section 2 alone.
//
// One license is the compiler's: a block that needs some channels of a range of pixels, or the
// pixels that a stride larger than the filter reads, may be given their number of bytes anywhere
// within those images (gemm_footprint.h).
#pragma once

#include <vector>

#include "models/layers/conv_lowering.h"
#include "sim/base/units.h"
#include "sim/compiler/gemm_footprint.h"

namespace nibble::test {

struct Touched {
  std::vector<bool> elements;  // of the tensor slice: read by the block
  /// Some channels or pixels of `within` are read: their number counts, not which they are.
  bool sliced = false;
  std::vector<bool> within;        // of a slice: what it is cut from, with all channels
  std::int64_t unit_elements = 1;  // of an image or a filter; slices lie within whole ones
};

/// A[m, k] of the block's groups.
[[nodiscard]] Touched touched_streamed(const LoweredGemm& gemm, const GemmBlock& block);
/// B[k, n].
[[nodiscard]] Touched touched_stationary(const LoweredGemm& gemm, const GemmBlock& block);

/// The bytes of a slice of `bytes` bytes that hold some of the elements, `bits` bits each. Slices
/// may end amid a byte, which then counts to the next one.
[[nodiscard]] std::vector<bool> bytes_of_elements(const std::vector<bool>& elements, int bits,
                                                  Bytes bytes);

/// What `given` lacks of the bytes that the block must have; -1: nothing, else the first such byte,
/// or the last one if there are too few of a slice. Both count from the begin of the slice.
[[nodiscard]] Bytes missing_byte(const Touched& touched, int bits, const std::vector<bool>& given);

}  // namespace nibble::test
